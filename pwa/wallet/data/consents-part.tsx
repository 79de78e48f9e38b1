import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayAndTimeOf } from "../../shared/clock";
import { t } from "../../shared/i18n";
import { Ask, Chip, SendButton, Waiting } from "../../shared/ui";
import { changeConsents, consents, loadConsents, working } from "./data";
import { type Consent, endConsent, giveConsent } from "./service";

/** Each purpose by itself: agreed to since when, and the way to take it back. */
export function ConsentsPart({ token }: { token: string }) {
  useEffect(() => void loadConsents(token), [token]);
  const lines = consents.value;
  if (lines === null) return <Waiting>{t("data_loading")}</Waiting>;
  return (
    <ul class="timeline">
      {lines.map((line) => (
        <Line key={line.purpose} line={line} token={token} />
      ))}
    </ul>
  );
}

function Line({ line, token }: { line: Consent; token: string }) {
  const asking = useSignal(false);
  return (
    <li>
      <h2>{line.title}</h2>
      <p>{line.text}</p>
      {line.given_at === null ? (
        <>
          <p>
            <Chip kind="">{t("data_consent_none")}</Chip>
          </p>
          <SendButton
            type="button"
            class="plain"
            busy={working.value}
            onClick={() => void changeConsents(token, () => giveConsent(token, line))}
          >
            {t("data_consent_give")}
          </SendButton>
        </>
      ) : (
        <>
          <p>
            <Chip kind="yes">
              {t("data_consent_since", { moment: dayAndTimeOf(line.given_at) })}
            </Chip>
          </p>
          <SendButton
            type="button"
            class="plain"
            busy={working.value}
            onClick={() => {
              asking.value = true;
            }}
          >
            {t("data_consent_end")}
          </SendButton>
        </>
      )}
      {asking.value ? (
        <Ask
          question={t("data_consent_end_question", { title: line.title })}
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>{t("data_consent_end_what")}</p>
          <button
            type="button"
            class="danger"
            onClick={() => {
              asking.value = false;
              void changeConsents(token, () => endConsent(token, line));
            }}
          >
            {t("data_consent_end")}
          </button>
        </Ask>
      ) : null}
    </li>
  );
}
