// What limits those targets that are missed, by their key in targets.js. A text is shown only while its target is missed;
// after a new measurement, read the page and edit what no longer holds.

export const limits = {};
