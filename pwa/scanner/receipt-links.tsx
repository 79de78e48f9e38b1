import { t } from "../shared/i18n";
import { QrCode } from "../shared/qr";

/** The receipt for whoever asks for one: its code to be scanned, and a page for the paper roll. */
export function ReceiptLinks({ url }: { url: string | null | undefined }) {
  if (url == null) return null;
  return (
    <>
      <details class="receipt-code">
        <summary>{t("receipt_show")}</summary>
        <QrCode text={url} label={t("receipt_show")} />
        <p>{t("receipt_scan")}</p>
      </details>
      <a class="button plain" href={`${url}/print`} target="_blank" rel="noopener">
        {t("receipt_print")}
      </a>
    </>
  );
}
