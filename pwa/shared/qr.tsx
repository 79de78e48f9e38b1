import { correction, generate } from "lean-qr";
import { useMemo } from "preact/hooks";

/** Modules of white around the code; readers need them. */
const QUIET = 4;
// Measured over bad cameras: less is lost to glare, more makes the dots too small.
const CORRECTION = { minCorrectionLevel: correction.M, maxCorrectionLevel: correction.M };

/** A drawing of dots: `size` modules a side, quiet zone included, and the SVG path of the dark. */
export interface Dots {
  size: number;
  path: string;
}

export function dotsOf(text: string): Dots {
  const code = generate(text, CORRECTION);
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (!code.get(x, y)) continue;
      const from = x;
      while (x < code.size && code.get(x, y)) x += 1;
      path += `M${from + QUIET} ${y + QUIET}h${x - from}v1h${from - x}z`;
    }
  }
  return { size: code.size + 2 * QUIET, path };
}

/** A QR code, black on white whatever the theme. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => dotsOf(text), [text]);
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shape-rendering="crispEdges"
    >
      <path fill="#fff" d={`M0 0h${size}v${size}H0z`} />
      <path class="dots" fill="#000" d={path} />
    </svg>
  );
}
