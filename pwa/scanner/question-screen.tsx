import { useMemo } from "preact/hooks";
import { clock, serverNow } from "../shared/clock";
import { t } from "../shared/i18n";
import { QrCode } from "../shared/qr";
import { bytesOfBase64url } from "../shared/uc1/bytes";
import { challengeText } from "../shared/uc1/challenge";
import { Note } from "../shared/ui";
import { askPhone, type Step, scan, showOffers } from "./sale";
import { CodeReader } from "./scan-screen";

/** The till's question on the screen, and room for what the phone answers. */
export function QuestionScreen({
  token,
  now,
}: {
  token: string;
  now: Extract<Step, { name: "question" }>;
}) {
  const { question, verification } = now;
  const text = useMemo(() => {
    const nonce = bytesOfBase64url(question.nonce);
    return nonce === null ? null : challengeText({ audience: question.aud, nonce });
  }, [question]);
  // Read for its ticks: the question ends while it is looked at.
  clock.value;
  const isOver = text === null || serverNow() >= Date.parse(question.expires_at);
  return (
    <section class="panel">
      <h1 tabIndex={-1}>{t("question_title")}</h1>
      {isOver ? (
        <>
          <Note kind="wait">{t("question_over")}</Note>
          <button type="button" onClick={() => void askPhone(token, verification)}>
            {t("question_ask")}
          </button>
        </>
      ) : (
        <>
          <p>{t("question_how")}</p>
          <QrCode text={text} label={t("question_alt")} />
          <p class="quiet">{t("question_only")}</p>
          <CodeReader onCard={(answer) => void scan(token, answer)} />
        </>
      )}
      <button type="button" class="plain" onClick={() => showOffers(verification)}>
        {t("question_leave")}
      </button>
    </section>
  );
}
