import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { clock, serverNow } from "../shared/clock";
import { t } from "../shared/i18n";
import { QrCode } from "../shared/qr";
import { bytesOfBase64url } from "../shared/uc1/bytes";
import { challengeText } from "../shared/uc1/challenge";
import { Note } from "../shared/ui";
import { nextCard, type Step, scan } from "./sale";

/** The till's question on the screen, and room for what the phone answers. */
export function QuestionScreen({
  token,
  now,
}: {
  token: string;
  now: Extract<Step, { name: "question" }>;
}) {
  const { question } = now;
  const input = useRef<HTMLInputElement>(null);
  // Ready for a keyboard-wedge scanner, as when a card is first shown.
  useLayoutEffect(() => input.current?.focus(), []);
  const text = useMemo(() => {
    const nonce = bytesOfBase64url(question.nonce);
    return nonce === null ? null : challengeText({ audience: question.aud, nonce });
  }, [question]);
  // Read for its ticks: the question ends while it is looked at.
  clock.value;
  const isOver = text === null || serverNow() >= Date.parse(question.expires_at);
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void scan(token, input.current?.value ?? "");
      }}
    >
      <h1 tabIndex={-1}>{t("question_title")}</h1>
      {isOver ? (
        <Note kind="wait">{t("question_over")}</Note>
      ) : (
        <>
          <p>{t("question_how")}</p>
          <QrCode text={text} label={t("question_alt")} />
          <p class="quiet">{t("question_only")}</p>
        </>
      )}
      <div class="field">
        <label for="answer">{t("question_text")}</label>
        <input
          id="answer"
          ref={input}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={4000}
          required
        />
      </div>
      <button type="submit">{t("check_code")}</button>
      <button type="button" class="plain" onClick={nextCard}>
        {t("next_card")}
      </button>
    </form>
  );
}
