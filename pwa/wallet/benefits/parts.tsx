/** What the list and the page of a benefit both show. */
import { t } from "../../shared/i18n";
import { type Fen, yuan } from "../../shared/money";
import { Chip } from "../../shared/ui";
import { district } from "./benefits";
import type { Benefit } from "./service";

export function UsableChip({ benefit }: { benefit: Benefit }) {
  return benefit.usable ? (
    <Chip kind="yes">{t("benefits_usable_chip")}</Chip>
  ) : (
    <Chip kind="no">{t("benefits_not_usable_chip")}</Chip>
  );
}

/** The districts with the one that was chosen in front. */
export function ordered<At extends { district: string }>(districts: At[]): At[] {
  const isChosen = (at: At) => at.district === district.value;
  return [...districts.filter(isChosen), ...districts.filter((at) => !isChosen(at))];
}

/** What the member's own limit leaves, in words; null where nothing limits them. */
export function leftOf({ left, left_unit, left_window }: Benefit): string | null {
  if (left === null || left_unit === null || left_window === null) return null;
  const amount =
    left_unit === "fen" ? `¥${yuan(left as Fen)}` : t("benefits_times", { number: left });
  switch (left_window) {
    case "day":
      return t("benefits_left_day", { left: amount });
    case "week":
      return t("benefits_left_week", { left: amount });
    case "month":
      return t("benefits_left_month", { left: amount });
    case "year":
      return t("benefits_left_year", { left: amount });
    case "total":
      return t("benefits_left_total", { left: amount });
  }
}
