// The print button of a receipt; without scripts the browser's own menu prints it as well.
const MM = 96 / 25.4;
const ROLL_MM = 58;
const MARGINS_MM = 6;

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A roll has no pages: one that is as long as what is on it is neither cut in two nor fed on empty.
addEventListener("beforeprint", () => {
  const printed = document.querySelector(".roll main").getBoundingClientRect().height / MM;
  const [sheet] = document.styleSheets;
  const height = Math.ceil(printed) + MARGINS_MM + 2;
  sheet.insertRule(`@page { size: ${ROLL_MM}mm ${height}mm; }`, sheet.cssRules.length);
});
