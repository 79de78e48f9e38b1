/** What else a camera sees at a counter: none of it is a card, and none of it is sent anywhere. */

export type PayApp = "wechat" | "alipay" | "unionpay";
export type Seen = "card" | "payment" | "question" | "pairing" | "other";

const CARD = /^U[CRS]./;
const QUESTION = /^UM./;
const PAIRING = /#pair=/;
// What payment apps show: their addresses, and the bare digits of a code that a till would charge
// (WeChat 10-15, Alipay 25-30, UnionPay 62).
const PAYMENT: Record<PayApp, RegExp[]> = {
  wechat: [/^(wxp|weixin):/i, site("tenpay|weixin\\.qq"), /^1[0-5]\d{16}$/],
  alipay: [/^alipays?:/i, site("alipay"), /^(2[5-9]|30)\d{14,22}$/],
  unionpay: [/^upwapi:/i, site("95516|unionpay"), /^62\d{17}$/],
};

function site(names: string): RegExp {
  return new RegExp(`^https?://([\\w-]+\\.)*(${names})\\.com([:/?]|$)`, "i");
}

export function seenIn(text: string): Seen {
  if (CARD.test(text)) return "card";
  if (QUESTION.test(text)) return "question";
  if (PAIRING.test(text)) return "pairing";
  return payAppOf(text) === null ? "other" : "payment";
}

/** Whose code for paying it is; null where it is none. */
export function payAppOf(text: string): PayApp | null {
  const apps = Object.keys(PAYMENT) as PayApp[];
  return apps.find((app) => PAYMENT[app].some((each) => each.test(text))) ?? null;
}
