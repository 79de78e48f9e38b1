import { useEffect } from "preact/hooks";
import { Camera } from "../shared/camera";
import { clock } from "../shared/clock";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { QrCode } from "../shared/qr";
import { Field, Heading, Note } from "../shared/ui";
import { useLitScreen } from "../shared/wake";
import { check } from "./card";
import { hold, holding } from "./device";
import { type Answer, answer, answerLeftMs, answerTo, askAnew, isWrong } from "./question";

export function QuestionScreen({ token }: { token: string }) {
  // Opened by its address, this is the first screen that needs the key.
  useEffect(() => {
    if (holding.value.name === "opening") void hold(token).then(() => check(token));
    return askAnew;
  }, [token]);
  const given = answer.value;
  return (
    <section class="panel">
      {given === null ? <Question /> : <Answered given={given} />}
      <a class="button plain" href="#card">
        {t("live_back")}
      </a>
    </section>
  );
}

function Question() {
  if (holding.value.name === "none") return <Note kind="wait">{t("live_needs_key")}</Note>;
  return (
    <>
      <Heading>{t("live_question_title")}</Heading>
      <p>{t("live_question_why")}</p>
      {isWrong.value ? <Note kind="no">{t("live_question_wrong")}</Note> : null}
      <Camera onText={(text) => void answerTo(text)} />
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void answerTo(typed(event.currentTarget, "question"));
        }}
      >
        <Field
          name="question"
          label={t("live_question_text")}
          hint={t("live_question_hint")}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxLength={600}
          required
        />
        <button type="submit">{t("live_question_answer")}</button>
      </form>
    </>
  );
}

function Answered({ given }: { given: Answer }) {
  useLitScreen();
  // Read for its ticks: the answer ends while it is looked at.
  clock.value;
  const left = answerLeftMs(given);
  return (
    <>
      <Heading>{t("live_answer_for", { till: given.till })}</Heading>
      {left === 0 ? (
        <Note kind="no">{t("live_answer_over")}</Note>
      ) : (
        <>
          <QrCode text={given.text} label={t("code_alt")} />
          <p>{t("live_answer_next", { seconds: Math.ceil(left / 1_000) })}</p>
          <details>
            <summary>{t("live_answer_text")}</summary>
            <p class="code">{given.text}</p>
          </details>
        </>
      )}
      <button type="button" class="plain" onClick={askAnew}>
        {t("live_question_again")}
      </button>
    </>
  );
}
