import { answered, type Refused } from "../../shared/uc1/answers";
import { readCredential, readStatic } from "../../shared/uc1/credential";
import { POLICY } from "../../shared/uc1/policy";
import { readFull, readPresentation, readReference } from "../../shared/uc1/presentation";
import { FULL, REFERENCE } from "../../shared/uc1/terms";
import { openText } from "../../shared/uc1/text";

/** Which credential a text names, and when its phone signed. Nothing of it is verified. */
export interface Peeked {
  cti: string;
  moment: number | null;
}

export function peek(text: string): Peeked | null {
  const read: Peeked | Refused = answered(() => {
    const [form, message] = openText(text, POLICY.textLengthMax);
    if (form === FULL) {
      const [raw, holder] = readFull(message);
      const { cti } = readCredential(raw).facts;
      return { cti, moment: readPresentation(holder.payload).iat };
    }
    if (form === REFERENCE) {
      const [cti, holder] = readReference(message);
      return { cti, moment: readPresentation(holder.payload).iat };
    }
    return { cti: readStatic(message).facts.cti, moment: null };
  });
  return "code" in read ? null : read;
}
