import { z } from 'zod';
import { rule, rules } from './rule.ts';

// The API server runs these patterns as RE2, so none can backtrack. CEL's isIP needs a newer API server than we support.
const LABEL = '[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?';
const NAME = `(?:${LABEL}\\.)*${LABEL}\\.?`;
const BYTE = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = `(?:${BYTE}\\.){3}${BYTE}`;
const GROUP = '[0-9A-Fa-f]{1,4}';
const IPV6 = [
  `(?:${GROUP}:){7}${GROUP}`,
  `(?:${GROUP}:){1,7}:`,
  ...[1, 2, 3, 4, 5, 6].map((tail) => `(?:${GROUP}:){1,${7 - tail}}(?::${GROUP}){1,${tail}}`),
  `:(?:(?::${GROUP}){1,7}|:)`,
  `::(?:[fF]{4}:)?${IPV4}`,
].join('|');
const PORT = '(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
const HOST = `^https?://(?:[^/?#]*@)?(?:${NAME}|\\[(?:${IPV6})\\])`;
const END = '(?:[/?#]|$)';
/** Clients read a host whose last part is a number as an IPv4 address, also `http://2130706433`. */
const NUMBER = `^https?://(?:[^/?#]*@)?(?:[^/?#:]*\\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\\.?(?::[^/?#]*)?${END}`;

/** URL of a server whose API paths are appended to it: scheme, host, port and the segments of a path. */
export const serverUrl = z
  .string()
  .regex(/^https?:\/\/[^\s]*[^/\s]$/)
  .max(500);

/** Rules for a `serverUrl`. Each has a message that says what to do. */
export const SERVER_URL_RULES = rules(
  rule(
    "!self.matches(r'^https?://[^/?#]*@')",
    'must not contain a user or a password; put them into a Secret, and name the Secret in credentials',
  ),
  rule(
    "!self.contains('?') && !self.contains('#')",
    'must not contain ? or #, because the paths of the API are appended to it',
  ),
  rule(
    `self.matches(r'${HOST}(?:[:/?#]|$)') && (!self.matches(r'${NUMBER}') || self.matches(r'^https?://(?:[^/?#]*@)?${IPV4}(?:[:/?#]|$)'))`,
    'must have a DNS name, an IPv4 address, or an IPv6 address in brackets as host',
  ),
  rule(
    `self.matches(r'^https?://(?:[^/?#]*@)?(?:[^/?#:@[]*|\\[[^/?#\\]]*\\])(?::${PORT})?${END}')`,
    'must have a port from 1 to 65535, or no port',
  ),
  rule(
    `self.matches(r"^https?://[^/?#]*(?:/|[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*(?:[?#].*)?$") && !self.matches(r'/(?:\\.|%2[eE]){1,2}(?:/|$)')`,
    'must have a path of letters, digits and percent-encoded characters, without a segment that is a dot or two dots',
  ),
);
