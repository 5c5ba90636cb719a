// What every page loads: small behaviours, each attached by a data attribute.
import "./disclosure.js";
import "./focus.js";
import "./theme.js";
import "../../../accounts/static/accounts/password-meter.js";
