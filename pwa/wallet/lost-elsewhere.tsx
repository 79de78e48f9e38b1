import { useSignal } from "@preact/signals";
import type { Problem } from "../shared/api";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { Heading, Note, ProblemNote, SendButton } from "../shared/ui";
import { reportLostElsewhere } from "./devices-service";
import { NameField, PhoneField, TailField } from "./identity-fields";

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
      <PhoneField autocomplete="off" />
      <NameField autocomplete="off" />
      <TailField />
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
