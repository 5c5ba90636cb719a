// What every page loads: small behaviours, each attached by a data attribute.
import "./competition.js";
import "./composer.js";
import "./disclosure.js";
import "./drafts.js";
import "./focus.js";
import "./keys.js";
import "./live/connection.js";
import "./live/ended.js";
import "./mentions.js";
import "./theme.js";
import "./unread.js";
import "./uploads.js";
import "../../../accounts/static/accounts/password-meter.js";
import "../../../communities/static/communities/print.js";
import "../../../forums/static/forums/room.js";
import "../../../forums/static/forums/topic.js";
import "../../../forums/static/forums/reply.js";
