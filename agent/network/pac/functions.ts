/**
 * The functions that a PAC script may call, as Netscape described them in 1996 and browsers have them, in JavaScript
 * for the sandbox. `dnsResolve` and `myIpAddress` are given to it from outside.
 */
export const pacFunctions = String.raw`
function alert() {}
function isPlainHostName(host) { return host.indexOf(".") === -1; }
function dnsDomainIs(host, domain) {
  return host.length >= domain.length && host.slice(host.length - domain.length) === domain;
}
function localHostOrDomainIs(host, name) { return host === name || name.lastIndexOf(host + ".", 0) === 0; }
function dnsDomainLevels(host) { return host.split(".").length - 1; }
function isResolvable(host) { return dnsResolve(host) !== null; }
function shExpMatch(text, pattern) {
  var escaped = String(pattern).replace(/[.+^$(){}|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
  return new RegExp("^" + escaped + "$").test(text);
}
function convert_addr(address) {
  var bytes = String(address).split(".");
  return ((bytes[0] & 255) << 24) | ((bytes[1] & 255) << 16) | ((bytes[2] & 255) << 8) | (bytes[3] & 255);
}
function isInNet(host, network, mask) {
  var address = /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? host : dnsResolve(host);
  if (address === null) return false;
  var bits = convert_addr(mask);
  return (convert_addr(address) & bits) === (convert_addr(network) & bits);
}
(function (global) {
  var days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
  var months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
  function split(args) {
    var all = Array.prototype.slice.call(args);
    var gmt = all[all.length - 1] === "GMT";
    if (gmt) all.pop();
    return { all: all, gmt: gmt, now: new Date() };
  }
  function between(value, from, to) { return from <= to ? from <= value && value <= to : value >= from || value <= to; }
  global.weekdayRange = function () {
    var given = split(arguments);
    var today = given.gmt ? given.now.getUTCDay() : given.now.getDay();
    var from = days.indexOf(given.all[0]);
    var to = given.all.length > 1 ? days.indexOf(given.all[1]) : from;
    return from !== -1 && to !== -1 && between(today, from, to);
  };
  global.timeRange = function () {
    var given = split(arguments);
    var now = given.now;
    var seconds = given.gmt
      ? (now.getUTCHours() * 60 + now.getUTCMinutes()) * 60 + now.getUTCSeconds()
      : (now.getHours() * 60 + now.getMinutes()) * 60 + now.getSeconds();
    var n = given.all;
    if (n.length === 1) return Math.floor(seconds / 3600) === n[0];
    if (n.length === 2) return between(seconds, n[0] * 3600, n[1] * 3600 - 1);
    if (n.length === 4) return between(seconds, n[0] * 3600 + n[1] * 60, n[2] * 3600 + n[3] * 60);
    if (n.length === 6) return between(seconds, (n[0] * 60 + n[1]) * 60 + n[2], (n[3] * 60 + n[4]) * 60 + n[5]);
    return false;
  };
  global.dateRange = function () {
    var given = split(arguments);
    var now = given.now;
    var today = given.gmt
      ? { year: now.getUTCFullYear(), month: now.getUTCMonth(), day: now.getUTCDate() }
      : { year: now.getFullYear(), month: now.getMonth(), day: now.getDate() };
    function read(parts) {
      var date = {};
      parts.forEach(function (part) {
        if (typeof part === "string") date.month = months.indexOf(part);
        else if (part > 31) date.year = part;
        else date.day = part;
      });
      return date;
    }
    var half = given.all.length / 2;
    var single = given.all.length === 1;
    var from = read(single ? given.all : given.all.slice(0, half));
    var to = single ? from : read(given.all.slice(half));
    function rank(date, like) {
      return (like.year === undefined ? 0 : date.year * 10000) + (like.month === undefined ? 0 : date.month * 100) +
        (like.day === undefined ? 0 : date.day);
    }
    return between(rank(today, from), rank(from, from), rank(to, to));
  };
})(globalThis);
`;
