import { t } from "./i18n";
import type { Kind } from "./ui";

const STANDINGS: Record<string, () => string> = {
  active: () => t("standing_active"),
  transferring: () => t("standing_transferring"),
  retained: () => t("standing_retained"),
};

/** What a membership's status means to whoever stands at the counter. */
export function standing(status: string): { kind: Kind; word: string } {
  const word = STANDINGS[status];
  return word === undefined
    ? { kind: "no", word: t("standing_none") }
    : { kind: "yes", word: word() };
}
