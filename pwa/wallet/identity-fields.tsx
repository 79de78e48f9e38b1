import { t } from "../shared/i18n";
import { Field } from "../shared/ui";

/** Who somebody is: the name, and the last characters of the document, as the union holds them. */
interface Known {
  /** What stands in the field at first. */
  value?: string;
  autocomplete?: string;
}

export function NameField({ value = "", autocomplete = "name" }: Known) {
  return (
    <Field
      name="name"
      label={t("name")}
      hint={t("name_hint")}
      autocomplete={autocomplete}
      maxLength={100}
      required
      defaultValue={value}
    />
  );
}

export function TailField({ value = "" }: Known) {
  return (
    <Field
      name="document_tail"
      label={t("document_tail")}
      hint={t("document_tail_hint")}
      autocomplete="off"
      autocapitalize="characters"
      minLength={4}
      maxLength={4}
      required
      defaultValue={value}
    />
  );
}

export function PhoneField({ value = "", autocomplete = "tel" }: Known) {
  return (
    <Field
      name="phone"
      label={t("phone")}
      hint={t("phone_hint")}
      type="tel"
      inputMode="tel"
      autocomplete={autocomplete}
      maxLength={40}
      required
      defaultValue={value}
    />
  );
}
