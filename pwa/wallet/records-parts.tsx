import { t } from "../shared/i18n";
import type { Parts } from "../shared/money";
import { Split } from "../shared/ui";

/** Who paid what of an amount. */
export function WhoPaid({ parts }: { parts: Omit<Parts, "gross_fen"> }) {
  return (
    <Split
      parts={[
        { label: t("union_paid"), fen: parts.union_pays_fen },
        { label: t("merchant_gave"), fen: parts.merchant_bears_fen },
        { label: t("i_paid"), fen: parts.member_pays_fen },
      ]}
    />
  );
}
