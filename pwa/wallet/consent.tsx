import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { block, t } from "../shared/i18n";
import { SendButton } from "../shared/ui";

/** What the member agrees to, in the version of its text that stands on this page. */
interface ConsentText {
  purpose: string;
  version: number;
  title: string;
  text: string;
}

const text = block<ConsentText>("consent");

/** The consent without which there is no card, as it goes to the service. */
export const CARD_CONSENT = { purpose: text.purpose, version: text.version };

/** A consent of its own, never bundled and never ticked beforehand; then the button it frees. */
export function ConsentBox({ busy, children }: { busy: boolean; children: ComponentChildren }) {
  const agreed = useSignal(false);
  return (
    <>
      <section class="consent" aria-labelledby="consent-title">
        <h2 id="consent-title">{t("consent_title", { title: text.title })}</h2>
        <p>{text.text}</p>
        <p>{t("consent_merchants")}</p>
        <label class="tick">
          <input
            type="checkbox"
            name="consent"
            required
            checked={agreed.value}
            onChange={(event) => {
              agreed.value = event.currentTarget.checked;
            }}
          />
          <span>{t("consent_agree")}</span>
        </label>
      </section>
      <SendButton busy={busy} disabled={!agreed.value}>
        {children}
      </SendButton>
    </>
  );
}
