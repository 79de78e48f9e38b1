import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Camera } from "../shared/camera";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { UpdateOffer } from "../shared/kept-page";
import { Ask, Field, Heading, Note, ProblemNote, SendButton } from "../shared/ui";
import { KeptSales } from "./offline/loaded";
import { codeIn, MANAGER_PAGES, offeredCode } from "./pairing-link";
import { pair, pairingBusy, pairingProblem } from "./till";

export function PairScreen() {
  const form = useRef<HTMLFormElement>(null);
  const code = offeredCode.value;
  useEffect(() => {
    if (code === null) return;
    const field = form.current?.elements.namedItem("pairing_code");
    if (field instanceof HTMLInputElement) field.value = code;
    const name = form.current?.elements.namedItem("name");
    if (name instanceof HTMLInputElement) name.focus();
  }, [code]);
  return (
    <form
      ref={form}
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        const sent = event.currentTarget;
        // Used or refused, it is not offered a second time.
        offeredCode.value = null;
        void pair(typed(sent, "pairing_code"), typed(sent, "name"));
      }}
    >
      <UpdateOffer />
      <Heading>{t("pair_title")}</Heading>
      <p>{t("pair_why")}</p>
      {pairingProblem.value === null ? null : <ProblemNote problem={pairingProblem.value} />}
      <KeptSales />
      {code === null ? <FilmCode /> : <Note kind="yes">{t("pair_code_taken")}</Note>}
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
      <a class="button plain" href={MANAGER_PAGES}>
        {t("manager_link")}
      </a>
    </form>
  );
}

/** The code by camera. Not at once: nobody likes a page that films before it says why. */
function FilmCode() {
  const isFilming = useSignal(false);
  const isOther = useSignal(false);
  if (!isFilming.value) {
    return (
      <button
        type="button"
        class="plain"
        onClick={() => {
          isFilming.value = true;
        }}
      >
        <span aria-hidden="true">▣</span> {t("pair_film")}
      </button>
    );
  }
  return (
    <>
      <Camera
        onText={(text) => {
          const code = codeIn(text, location.origin);
          isOther.value = code === null;
          if (code !== null) offeredCode.value = code;
        }}
      />
      {isOther.value ? <Note kind="wait">{t("pair_other")}</Note> : null}
    </>
  );
}

/** A pairing link was opened on a device that is a till already. */
export function PairedAlready({ site }: { site: string }) {
  if (offeredCode.value === null) return null;
  return (
    <Ask
      question={t("paired_already")}
      no={t("paired_stay")}
      onClose={() => {
        offeredCode.value = null;
      }}
    >
      <p>{t("paired_already_what", { site })}</p>
    </Ask>
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
