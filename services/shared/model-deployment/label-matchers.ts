/**
 * PromQL label matchers, for example `cluster="prod",env!="test"`. It holds everything that a matcher may contain, so no
 * text can end the selector and begin another expression. No two branches begin alike, so it never backtracks.
 */
export const LABEL_MATCHERS =
  /^[a-zA-Z_][a-zA-Z0-9_]*(?:=~|!~|!=|=)"(?:[^"\\\r\n]|\\["\\nt])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*(?:=~|!~|!=|=)"(?:[^"\\\r\n]|\\["\\nt])*")*$/;
