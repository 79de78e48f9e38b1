/** What works without the network, in one script that the first load leaves out. */
export { grant, judge, quoteHere, remember } from "./judge";
export { OfflineNote, OfflineSales, UnpairWarning } from "./parts";
export { endSync, reload, sync } from "./sync";
