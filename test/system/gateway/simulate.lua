-- A fleet in virtual time against the gateway's queue, as haproxy.cfg uses it. One line of JSON with the result.
--   lua5.3 simulate.lua FOLDER [NAME=NUMBER]…
-- FOLDER has places.lua. Devices come within `span` s of each other, `late` s at most after the moment that they are
-- reported; a share `absent` never comes to its place. `greedy` certificates call `rate` times a second for devices without
-- number. At `pauseAt` the tenant wants no calls for `pauseFor` s. At `restartAt` all places are forgotten.
package.path = arg[1] .. "/?.lua"
local Places = require("places")
local options = { devices = 60, span = 2, late = 0.5, absent = 0, period = 60, limit = 9, perCertificate = 3, greedy = 0, rate = 1,
  pauseAt = -1, pauseFor = 0, restartAt = -1, seed = 1 }
for at = 2, #arg do
  local name, value = arg[at]:match("^(%w+)=([%d.]+)$")
  assert(options[name], arg[at])
  options[name] = tonumber(value)
end
math.randomseed(options.seed)

local settings = { gap = options.period / options.limit, hold = 16, grace = 2 * options.period, perCertificate = options.perCertificate }
local start = 1e6
local places = Places.new(settings, start)
local stored = {}
local now = start

-- Events by time: a binary heap.
local heap = {}
local function push(t, run)
  local at = #heap + 1
  while at > 1 and heap[at // 2].t > t do
    heap[at] = heap[at // 2]
    at = at // 2
  end
  heap[at] = { t = t, run = run }
end
local function pop()
  local first, last = heap[1], table.remove(heap)
  if #heap == 0 then return first end
  local at = 1
  while 2 * at <= #heap do
    local child = 2 * at
    if child < #heap and heap[child + 1].t < heap[child].t then child = child + 1 end
    if last.t <= heap[child].t then break end
    heap[at] = heap[child]
    at = child
  end
  heap[at] = last
  return first
end

local result = { calls = 0, linked = 0, greedy = 0, longest = 0, places = {} }
local served = {} -- moments of calls to the tenant
local step = math.min(0.05, settings.gap / 4)

local function call(certificate, key, onAnswer)
  local answer = places:arrive(now, certificate, key, stored[key])
  if answer.place then stored[key] = answer.place end
  if not answer.caller then return onAnswer(answer.retry, answer.exact) end
  local function poll()
    if places:turn(now, answer.caller) then
      served[#served + 1] = now
      return push(now + 0.1, function()
        places:leave(now, answer.caller, true)
        stored[key] = nil
        onAnswer()
      end)
    end
    if now - answer.caller.since > settings.hold + 2 then return onAnswer(places:leave(now, answer.caller, false), true) end
    push(now + step, poll)
  end
  poll()
end

local waiting = 0
local function device(number)
  local key = "device" .. number
  local absent, reported = math.random() < options.absent, 0
  if not absent then waiting = waiting + 1 end
  local function attempt()
    result.calls = result.calls + 1
    call(key, key, function(retry, exact)
      if retry == nil then
        result.linked, result.last = result.linked + 1, now - start
        if not absent then waiting = waiting - 1 end
        return
      end
      reported = reported + 1
      result.longest = math.max(result.longest, reported + 1)
      if absent then return end
      push(now + retry + (exact and 0 or math.random() * 60) + math.random() * options.late, attempt)
    end)
  end
  push(start + math.random() * options.span, attempt)
end
for number = 1, options.devices do device(number) end

for number = 1, options.greedy do
  local count = 0
  local function attempt()
    if waiting == 0 then return end
    count = count + 1
    call("greedy" .. number, ("greedy%d/%d"):format(number, count), function(retry)
      if retry == nil then result.greedy = result.greedy + 1 end
    end)
    push(now + 1 / options.rate, attempt)
  end
  push(start, attempt)
end
if options.pauseAt >= 0 then push(start + options.pauseAt, function() places:pause(now, options.pauseFor) end) end
if options.restartAt >= 0 then
  push(start + options.restartAt, function()
    stored = {}
    places = Places.new(settings, now)
  end)
end

local longestRun = start + 30 * 86400
while #heap > 0 and (waiting > 0 or #places.line > 0) and now < longestRun do
  local event = pop()
  now = math.max(now, event.t)
  event.run()
end

local busiest, first = 0, 1
for at = 1, #served do
  while served[first] <= served[at] - options.period do first = first + 1 end
  busiest = math.max(busiest, at - first + 1)
end
local least = (options.devices * (1 - options.absent) - 1) * settings.gap
print(('{"linked":%d,"waiting":%d,"callsPerLink":%.3f,"makespan":%.3f,"busiest":%d,"mostCalls":%d,"greedy":%d,"memory":%d}'):format(
  result.linked, waiting, result.calls / math.max(1, result.linked), (result.last or 0) / least, busiest, result.longest, result.greedy,
  math.floor(collectgarbage("count"))))
