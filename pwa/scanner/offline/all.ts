/** What works without the network, in one script that the first load leaves out. */
export { grant, judge, quoteHere, remember } from "./judge";
export { KeptSales, OfflineNote, OfflineSales, Readiness, UnpairWarning } from "./parts";
export { endSync, reload, sync, syncNow } from "./sync";
