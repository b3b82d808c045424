/** Of `train50Steps`. Another value needs a line in CHANGELOG.md: results of the same seed have changed. */
export const committedChecksum = '134115533ecab307cb46b05b77b4df248538e2c51311764a26410693fcfc930a';
