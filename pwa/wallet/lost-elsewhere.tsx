import { useSignal } from "@preact/signals";
import type { Problem } from "../shared/api";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { Field, Heading, Note, ProblemNote, SendButton } from "../shared/ui";
import { reportLostElsewhere } from "./devices-service";

/** On somebody else's phone, without signing in: the code would go to the phone that is gone. */
export function LostElsewhere() {
  const sending = useSignal(false);
  const isTold = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const send = async (form: HTMLFormElement) => {
    if (sending.value) return;
    sending.value = true;
    problem.value = null;
    const result = await reportLostElsewhere({
      phone: typed(form, "phone"),
      name: typed(form, "name"),
      document_tail: typed(form, "document_tail").toUpperCase(),
    });
    sending.value = false;
    if (result.ok) isTold.value = true;
    else problem.value = result.problem;
  };
  if (isTold.value) return <Told />;
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void send(event.currentTarget);
      }}
    >
      <Heading>{t("elsewhere_title")}</Heading>
      <p>{t("elsewhere_what")}</p>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <Field
        name="phone"
        label={t("phone")}
        hint={t("phone_hint")}
        type="tel"
        inputMode="tel"
        autocomplete="off"
        maxLength={40}
        required
      />
      <Field
        name="name"
        label={t("name")}
        hint={t("name_hint")}
        autocomplete="off"
        maxLength={100}
        required
      />
      <Field
        name="document_tail"
        label={t("document_tail")}
        hint={t("document_tail_hint")}
        autocomplete="off"
        autocapitalize="characters"
        minLength={4}
        maxLength={4}
        required
      />
      <SendButton class="danger" busy={sending.value}>
        {t("elsewhere_send")}
      </SendButton>
      <Back />
    </form>
  );
}

function Told() {
  return (
    <section class="panel">
      <Heading>{t("elsewhere_done")}</Heading>
      <Note kind="yes">{t("elsewhere_done_what")}</Note>
      <p>{t("elsewhere_next")}</p>
      <Back />
    </section>
  );
}

function Back() {
  return (
    <a class="button plain" href="#card">
      {t("elsewhere_back")}
    </a>
  );
}
