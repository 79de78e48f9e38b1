import { clock } from "../shared/clock";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { Field, Heading, Note, ProblemNote, SendButton } from "../shared/ui";
import { AreaField } from "./area-field";
import { CARD_CONSENT, ConsentBox } from "./consent";
import { NameField, PhoneField, TailField } from "./identity-fields";
import {
  askAPerson,
  askForCode,
  askForCorrection,
  busy,
  problem,
  type Step,
  signIn,
  startOver,
} from "./session";

// The service sends a phone at most one code a minute.
const SEND_PAUSE_MS = 60_000;

export function PhoneStep({ phone }: { phone: string }) {
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void askForCode(typed(event.currentTarget, "phone"));
      }}
    >
      <Heading>{t("sign_in")}</Heading>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <PhoneField value={phone} />
      <SendButton busy={busy.value}>{t("send_code")}</SendButton>
      <a class="button plain" href="#lost-elsewhere">
        {t("elsewhere_link")}
      </a>
    </form>
  );
}

export function CodeStep({ phone, sentAt }: Extract<Step, { name: "code" }>) {
  // Read for its ticks: the wait below is shown in seconds.
  clock.value;
  const waitSeconds = Math.ceil((sentAt + SEND_PAUSE_MS - performance.now()) / 1000);
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void signIn(phone, typed(event.currentTarget, "code"));
      }}
    >
      <Heading>{t("enter_code")}</Heading>
      <p>{t("code_sent", { phone })}</p>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <Field
        name="code"
        label={t("code")}
        hint={t("code_hint")}
        class="one-time-code"
        inputMode="numeric"
        autocomplete="one-time-code"
        pattern="[0-9]{6}"
        maxLength={6}
        required
      />
      <SendButton busy={busy.value}>{t("sign_in")}</SendButton>
      <div class="row">
        <button
          type="button"
          class="plain"
          disabled={waitSeconds > 0 || busy.value}
          onClick={() => void askForCode(phone)}
        >
          {waitSeconds > 0 ? t("send_again_in", { seconds: waitSeconds }) : t("send_again")}
        </button>
        <button type="button" class="plain" onClick={() => startOver(phone)}>
          {t("other_phone")}
        </button>
      </div>
    </form>
  );
}

export function RealNameStep({ phone, code, answer, tried }: Extract<Step, { name: "real_name" }>) {
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        void signIn(phone, code, {
          name: typed(form, "name"),
          document_tail: typed(form, "document_tail").toUpperCase(),
          consents: [CARD_CONSENT],
        });
      }}
    >
      <Heading>{t("real_name")}</Heading>
      <p>{t("real_name_why")}</p>
      {answer === null ? null : <Note kind="wait">{t("correction_answer", { answer })}</Note>}
      {problem.value === null ? null : (
        <ProblemNote problem={problem.value}>
          {tried === undefined ? null : (
            <button
              type="button"
              class="plain"
              onClick={() => askAPerson(phone, code, tried)}
            >
              {t("correction_open")}
            </button>
          )}
        </ProblemNote>
      )}
      <NameField />
      <TailField />
      <ConsentBox busy={busy.value}>{t("activate")}</ConsentBox>
      <button type="button" class="plain" onClick={() => startOver(phone)}>
        {t("other_phone")}
      </button>
    </form>
  );
}

/** The register and the member disagree: they say so, and a person looks at it. */
export function CorrectionStep({
  phone,
  code,
  sentence,
  tried,
}: Extract<Step, { name: "correction" }>) {
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        void askForCorrection(phone, code, {
          name: typed(form, "name"),
          document_tail: typed(form, "document_tail").toUpperCase(),
          text: typed(form, "text"),
        });
      }}
    >
      <Heading>{t("correction_ask_title")}</Heading>
      {sentence === null ? null : <p>{sentence}</p>}
      <p>{t("correction_ask_what")}</p>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <NameField value={tried?.name ?? ""} />
      <TailField value={tried?.document_tail ?? ""} />
      <AreaField
        name="text"
        label={t("correction_text")}
        hint={t("correction_text_hint")}
        maxLength={500}
        required
      />
      <SendButton busy={busy.value}>{t("correction_send")}</SendButton>
      <button type="button" class="plain" onClick={() => startOver(phone)}>
        {t("other_phone")}
      </button>
    </form>
  );
}

/** A person looks at it now, and the member is not stuck. */
export function AskedStep() {
  return (
    <section class="panel">
      <Heading>{t("correction_title")}</Heading>
      <p>{t("correction_next")}</p>
      <button type="button" onClick={() => startOver()}>
        {t("other_phone")}
      </button>
    </section>
  );
}
