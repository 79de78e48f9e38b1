import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { Field, Heading, ProblemNote, SendButton } from "../shared/ui";
import { pair, pairingBusy, pairingProblem } from "./till";

export function PairScreen() {
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        void pair(typed(form, "pairing_code"), typed(form, "name"));
      }}
    >
      <Heading>{t("pair_title")}</Heading>
      <p>{t("pair_why")}</p>
      {pairingProblem.value === null ? null : <ProblemNote problem={pairingProblem.value} />}
      <Field
        name="pairing_code"
        label={t("pairing_code")}
        hint={t("pairing_code_hint")}
        class="one-time-code"
        autocomplete="one-time-code"
        autocapitalize="characters"
        spellcheck={false}
        maxLength={40}
        required
      />
      <Field
        name="name"
        label={t("till_name")}
        hint={t("till_name_hint")}
        autocomplete="off"
        maxLength={60}
        required
      />
      <SendButton busy={pairingBusy.value}>{t("pair")}</SendButton>
    </form>
  );
}

export function ImpossibleScreen({ sentence }: { sentence: string }) {
  return (
    <section class="panel">
      <Heading>{t("pair_impossible")}</Heading>
      <p>{sentence}</p>
      <button type="button" onClick={() => location.reload()}>
        {t("try_again")}
      </button>
    </section>
  );
}
