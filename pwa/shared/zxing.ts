import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";
import program from "zxing-wasm/reader/zxing_reader.wasm";

// Served by us, beside this script; the library's own choice would be somebody else's server.
prepareZXingModule({
  overrides: { locateFile: () => new URL(program, import.meta.url).href },
  // Fetched and compiled while the camera still starts.
  fireImmediately: true,
});

export { BarcodeDetector };
