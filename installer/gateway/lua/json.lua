-- Strict JSON objects (RFC 8259) on top of lua-cjson, which takes duplicate names, NaN and bytes that are no UTF-8.
local cjson = require("cjson").new()
cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(8)

local json = {}

-- Members of all objects in a decoded value: lua-cjson gives arrays numbers as keys, objects strings.
local function members(value)
  if type(value) ~= "table" then return 0 end
  local count = 0
  for key, inner in pairs(value) do
    count = count + (type(key) == "string" and 1 or 0) + members(inner)
  end
  return count
end

-- The colons outside strings: one for each member that the text has.
local function colons(text)
  local bare = text:gsub("\\.", ""):gsub('"[^"]*"', "")
  return select(2, bare:gsub(":", ""))
end

-- The object in a text of at most `longest` bytes; nil where it is anything else, nests deeper than 8 levels or has a
-- name twice in one object.
function json.object(text, longest)
  if type(text) ~= "string" or #text > longest or not utf8.len(text) or not text:find("^[ \t\r\n]*{") then return nil end
  local decoded, value = pcall(cjson.decode, text)
  if not decoded or members(value) ~= colons(text) then return nil end
  return value
end

function json.quote(text)
  return '"' .. text:gsub('[%c"\\\x7F]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

return json
