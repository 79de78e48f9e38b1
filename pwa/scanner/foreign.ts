/** What else a camera sees at a counter: none of it is a card, and none of it is sent anywhere. */

export type Seen = "card" | "payment" | "question" | "pairing" | "other";

const CARD = /^U[CRS]./;
const QUESTION = /^UM./;
const PAIRING = /#pair=/;
// What payment apps show: their addresses, and the bare digits of a code that a till would charge
// (WeChat 10-15, Alipay 25-30, UnionPay 62).
const PAYMENT = [
  /^(wxp|weixin|alipays?|upwapi):/i,
  /^https?:\/\/([\w-]+\.)*(alipay|tenpay|weixin\.qq|95516|unionpay)\.com([:/?]|$)/i,
  /^(1[0-5]\d{16}|(2[5-9]|30)\d{14,22}|62\d{17})$/,
];

export function seenIn(text: string): Seen {
  if (CARD.test(text)) return "card";
  if (QUESTION.test(text)) return "question";
  if (PAIRING.test(text)) return "pairing";
  return PAYMENT.some((each) => each.test(text)) ? "payment" : "other";
}
