/**
 * The functions that a PAC script may call, as Netscape described them in 1996 and browsers have them, in JavaScript
 * for the sandbox, and Microsoft's for IPv6 (`…Ex`). `resolveAll` and `ownAddresses` come from outside and return
 * addresses separated by semicolons.
 */
export const pacFunctions = String.raw`
function alert() {}
function isPlainHostName(host) { return host.indexOf(".") === -1; }
function dnsDomainIs(host, domain) {
  return host.length >= domain.length && host.slice(host.length - domain.length) === domain;
}
function localHostOrDomainIs(host, name) { return host === name || name.lastIndexOf(host + ".", 0) === 0; }
function dnsDomainLevels(host) { return host.split(".").length - 1; }
function dnsResolveEx(host) { return resolveAll(host); }
function dnsResolve(host) {
  var found = resolveAll(host).split(";").filter(function (one) { return one.indexOf(":") === -1; });
  return found[0] || null;
}
function myIpAddressEx() { return ownAddresses(); }
function myIpAddress() { return ownAddresses().split(";").filter(function (one) { return one.indexOf(":") === -1; })[0] || "127.0.0.1"; }
function isResolvable(host) { return dnsResolve(host) !== null; }
function isResolvableEx(host) { return resolveAll(host) !== ""; }
function getClientVersion() { return "1.0"; }
function shExpMatch(text, pattern) {
  // Like browsers, which leave (a|b) and [a-z] to the regular expression.
  var expression = String(pattern).replace(/\./g, "\\.").replace(/\*/g, ".*").replace(/\?/g, ".");
  return new RegExp("^" + expression + "$").test(text);
}
function convert_addr(address) {
  var bytes = String(address).split(".");
  return ((bytes[0] & 255) << 24) | ((bytes[1] & 255) << 16) | ((bytes[2] & 255) << 8) | (bytes[3] & 255);
}
function isIpv4(text) {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every(function (one) { return +one < 256; });
}
function isInNet(host, network, mask) {
  var address = isIpv4(host) ? host : dnsResolve(host);
  if (address === null || !isIpv4(network) || !isIpv4(mask)) return false;
  var bits = convert_addr(mask);
  return (convert_addr(address) & bits) === (convert_addr(network) & bits);
}
(function (global) {
  // An address as 128 bits in eight numbers, IPv4 in its mapped form (RFC 4291 2.5.5.2); null for other text.
  function words(address) {
    var text = String(address).replace(/%.*$/, "");
    var v4 = /(^|:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
    if (v4) {
      var tail = ((+v4[2] << 8) | +v4[3]).toString(16) + ":" + ((+v4[4] << 8) | +v4[5]).toString(16);
      text = v4[1] === "" && v4.index === 0 ? "::ffff:" + tail : text.slice(0, v4.index + v4[1].length) + tail;
    }
    var halves = text.split("::");
    if (halves.length > 2 || !/^[\da-f:]+$/i.test(text)) return null;
    function part(half) { return half === "" ? [] : half.split(":").map(function (one) { return parseInt(one, 16); }); }
    var head = part(halves[0]);
    var rest = halves.length === 2 ? part(halves[1]) : [];
    var missing = 8 - head.length - rest.length;
    if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
    var all = head.concat(Array(missing + 1).join("0").split("").map(Number), rest);
    return all.every(function (one) { return one >= 0 && one < 65536; }) ? all : null;
  }
  function within(address, prefix, bits) {
    for (var at = 0; at < 8 && bits > 0; at++, bits -= 16) {
      var mask = bits >= 16 ? 65535 : (65535 << (16 - bits)) & 65535;
      if ((address[at] & mask) !== (prefix[at] & mask)) return false;
    }
    return true;
  }
  global.isInNetEx = function (host, range) {
    var parts = String(range).split("/");
    var prefix = words(parts[0]);
    var isV4 = parts[0].indexOf(":") === -1;
    var bits = /^\d{1,3}$/.test(parts[1] || "") ? +parts[1] : -1;
    if (prefix === null || bits < 0 || bits > (isV4 ? 32 : 128)) return false;
    var addresses = words(host) === null ? resolveAll(host).split(";") : [String(host)];
    return addresses.some(function (one) {
      var address = words(one);
      return address !== null && (one.indexOf(":") === -1) === isV4 && within(address, prefix, isV4 ? bits + 96 : bits);
    });
  };
  global.sortIpAddressList = function (list) {
    var all = String(list).split(";").map(function (one) { return one.trim(); }).filter(Boolean);
    if (all.length === 0 || !all.every(words)) return false;
    // As Microsoft describes it: IPv6 before IPv4, each by its value.
    return all.sort(function (one, other) {
      var v6 = (other.indexOf(":") !== -1) - (one.indexOf(":") !== -1);
      if (v6 !== 0) return v6;
      var a = words(one), b = words(other);
      for (var at = 0; at < 8; at++) if (a[at] !== b[at]) return a[at] - b[at];
      return 0;
    }).join(";");
  };
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
