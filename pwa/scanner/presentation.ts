const FULL_WIDTH_FIRST = 0xff01;
const FULL_WIDTH_LAST = 0xff5e;
const FULL_WIDTH_AHEAD = 0xfee0;
// What a Chinese input method makes of these keys, apart from the full-width forms.
const TYPED_AS: Record<string, string> = { "\u3000": " ", "\u3002": ".", "\uffe5": "$" };

/**
 * What a keyboard-wedge scanner or a hand typed, as the code says it: full-width characters and
 * case are folded here, in the input adapter, and nowhere else. Line ends around the code go;
 * blanks stay, for a blank is a character of Base45.
 */
export function folded(typed: string): string {
  return [...typed.replace(/^[\r\n\t]+|[\r\n\t]+$/g, "")].map(narrow).join("");
}

function narrow(character: string): string {
  const point = character.charCodeAt(0);
  const isFullWidth = point >= FULL_WIDTH_FIRST && point <= FULL_WIDTH_LAST;
  const plain = isFullWidth
    ? String.fromCharCode(point - FULL_WIDTH_AHEAD)
    : (TYPED_AS[character] ?? character);
  return plain >= "a" && plain <= "z" ? plain.toUpperCase() : plain;
}
