/** Of `train50Steps`. Another value needs a line in CHANGELOG.md: results of the same seed have changed. */
export const committedChecksum = '5f0f5dda49d505ffa0fb2247c8a0dfc5c03ba29d2c7079f76532f3c7461c0477';
