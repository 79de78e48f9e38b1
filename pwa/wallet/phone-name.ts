const PHONES: [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/HarmonyOS|OpenHarmony/, "HarmonyOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Macintosh/, "Mac"],
  [/Linux/, "Linux"],
];
// An app's own browser names the one it is built on as well, so it comes first.
const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger/, "WeChat"],
  [/AlipayClient/, "Alipay"],
  [/HuaweiBrowser/, "Huawei"],
  [/Edg/, "Edge"],
  [/Firefox|FxiOS/, "Firefox"],
  [/Chrome|CriOS/, "Chrome"],
  [/Safari/, "Safari"],
];

/** What to call this phone in the list of those that have the card, until its member names it. */
export function phoneName(userAgent: string): string {
  const found = [PHONES, BROWSERS].map((names) => names.find(([sign]) => sign.test(userAgent))?.[1]);
  return found.filter((name) => name !== undefined).join(" · ") || "?";
}
