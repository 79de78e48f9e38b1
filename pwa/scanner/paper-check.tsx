import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import { Field } from "../shared/ui";
import { showOffers } from "./sale";
import type { Verification } from "./service";

const TAIL = /^[0-9]{4}$/;

/**
 * A code copied from a paper card lacks the number printed beside it, so the clerk types its last
 * digits and looks at the person before anything can be chosen.
 */
export function PaperCheck({ verification }: { verification: Verification }) {
  const form = useRef<HTMLFormElement>(null);
  const wrong = useSignal(false);
  useLayoutEffect(() => form.current?.querySelector("input")?.focus(), []);
  return (
    <form
      ref={form}
      class="paper-check"
      onSubmit={(event) => {
        event.preventDefault();
        const typed = new FormData(event.currentTarget).get("paper_tail");
        const tail = typeof typed === "string" ? typed.trim() : "";
        wrong.value = !TAIL.test(tail) || tail !== verification.card?.tail;
        if (!wrong.value) showOffers(verification);
      }}
    >
      <Field
        name="paper_tail"
        label={t("paper_tail")}
        hint={t("paper_tail_hint")}
        error={wrong.value ? t("paper_tail_wrong") : undefined}
        inputMode="numeric"
        autocomplete="off"
        maxLength={4}
        required
      />
      <button type="submit">{t("paper_tail_right")}</button>
    </form>
  );
}
