import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import program from "zxing-wasm/reader/zxing_reader.wasm";

// Served by us, beside this script; the library's own choice would be somebody else's server.
prepareZXingModule({
  overrides: { locateFile: () => new URL(program, import.meta.url).href },
});

/** The text of the first QR code in a picture, or null. */
export async function readQr(picture: ImageData): Promise<string | null> {
  const [found] = await readBarcodes(picture, { formats: ["QRCode"], maxNumberOfSymbols: 1 });
  return found?.isValid === true ? found.text : null;
}
