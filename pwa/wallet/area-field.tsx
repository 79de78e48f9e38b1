import type { JSX } from "preact";

/** A label, room for a few sentences, a hint beneath. */
export function AreaField({
  name,
  label,
  hint,
  ...area
}: { name: string; label: string; hint?: string } & JSX.IntrinsicElements["textarea"]) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <textarea
        id={name}
        name={name}
        rows={3}
        {...area}
        {...(hint === undefined ? {} : { "aria-describedby": `${name}-hint` })}
      />
      {hint === undefined ? null : (
        <span class="hint" id={`${name}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
