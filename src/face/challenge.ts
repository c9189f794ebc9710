/** What the header WWW-Authenticate of a 401 says: how to come again. */
export const CHALLENGE = "Bearer";
