/** Of `train50Steps`. Another value needs a line in CHANGELOG.md: results of the same seed have changed. */
export const committedChecksum = '9ad8ea56a63fd18e251982aea2ccf21f034ca886aa6ad124f3e8642d8253dcaf';
