-- The queue for the account's limit. A caller who can't be served soon gets a place: a moment at which its call has its
-- turn. Callers whose turn is near wait on the line and go one by one, in the order of their places, each at least a
-- gap after the one before; so a place that nobody takes goes to the next caller who is there.
--
-- Places are on the queue's own clock, which stands still during a pause: a pause moves all places alike. Moments and
-- lengths are seconds. Nothing here reads a clock or the network.

local Places = {}
Places.__index = Places

-- settings: gap (between two calls), hold (longest wait on the line), grace (how long a place outlives its moment: two
-- periods of the limit), perCertificate (most places that one certificate has at a time).
function Places.new(settings, t)
  local places = setmetatable({
    gap = settings.gap,
    hold = settings.hold,
    grace = settings.grace,
    perCertificate = settings.perCertificate,
    -- A caller comes this much before its turn, so that there is one who can take a place that is not taken.
    lead = math.min(math.max(settings.gap, 1), settings.hold / 2),
    paused = 0, -- all pauses, the running one to its end
    resumeAt = 0, -- when the running pause ends
    next = t, -- the first place that nobody has
    due = t, -- when the next call may go
    line = {}, -- callers who wait, by place
    calls = {}, -- calls of the last period, whose answers came when
    present = {}, -- by key: callers on the line or in a call
    certificates = {}, -- by certificate: when it was last served, its places by key
  }, Places)
  return places
end

function Places:clock(t) return t - self.paused + math.max(0, self.resumeAt - t) end

function Places:pauseLeft(t) return math.max(0, self.resumeAt - t) end

-- Nobody calls for so many seconds from now, or until the running pause ends where that is later.
function Places:pause(t, seconds)
  local more = t + seconds - math.max(self.resumeAt, t)
  if more > 0 then self.paused, self.resumeAt = self.paused + more, t + seconds end
end

-- How many places are given and not yet due, about.
function Places:queued(t) return math.max(0, math.ceil((self.next - self:clock(t)) / self.gap)) end

-- A caller that hung up does not ask for its turn any more.
local silent, longestCall = 3, 30
local function isGone(caller, t) return t - caller.seen > longestCall end

function Places:forgetGone(t)
  for at = #self.line, 1, -1 do
    local caller = self.line[at]
    if t - caller.seen > silent then
      table.remove(self.line, at)
      self.present[caller.key] = nil
    end
  end
end

function Places:record(certificate)
  local record = self.certificates[certificate]
  if record == nil then
    record = { served = -math.huge, places = {} }
    self.certificates[certificate] = record
  end
  return record
end

-- The places of a certificate that still count, and the earliest of them.
local function standing(record, clock, grace)
  local count, earliest = 0, math.huge
  for key, place in pairs(record.places) do
    if clock - place > grace then record.places[key] = nil
    else count, earliest = count + 1, math.min(earliest, place) end
  end
  return count, earliest
end

-- Forgets certificates without places that were not served lately; to be called now and then.
function Places:tidy(t)
  local clock = self:clock(t)
  for certificate, record in pairs(self.certificates) do
    if standing(record, clock, self.grace) == 0 and t - record.served > self.grace then
      self.certificates[certificate] = nil
    end
  end
  for key, caller in pairs(self.present) do
    if isGone(caller, t) then self.present[key] = nil end
  end
end

function Places:join(t, certificate, key, place)
  local caller = { key = key, certificate = certificate, place = place, since = t, seen = t }
  local at = #self.line + 1
  while at > 1 and self.line[at - 1].place > place do at = at - 1 end
  table.insert(self.line, at, caller)
  self.present[key] = caller
  return caller
end

-- What a caller gets. `place`: the one that it has, by the queue's clock; nil for none.
-- Returns { caller } where it waits on the line (see `turn`), else { retry, exact }: seconds after which to come again,
-- and whether that is a place of its own. `place` is the one that it has from now on, nil for none.
function Places:arrive(t, certificate, key, place)
  self:forgetGone(t)
  local clock = self:clock(t)
  local other = self.present[key]
  if other and not isGone(other, t) then return { retry = math.max(1, math.ceil(self.gap)), exact = true } end
  if place ~= nil and clock - place > self.grace then place = nil end
  local record = self:record(certificate)
  local free = math.max(0, self.due - math.max(t, self.resumeAt)) -- after the running pause
  local pause = self:pauseLeft(t)
  local tail = free + #self.line * self.gap
  local justServed = t - record.served < self.gap * self.perCertificate and self.next > clock
  if place == nil and tail + pause == 0 and not justServed then
    place = clock
  elseif place == nil or (place - clock <= self.hold and self:backlog(free, place) > self.hold) then
    -- A newcomer, or one who comes late with many others.
    local count, earliest = standing(record, clock, self.grace)
    if place == nil and count >= self.perCertificate then
      return { retry = math.max(1, math.ceil(earliest - clock + pause + self.gap)) }
    end
    place = math.max(self.next, clock + tail)
    self.next = place + self.gap
  end
  record.places[key] = place
  local wait = pause + math.max(place - clock, self:backlog(free, place))
  if wait <= self.hold then return { caller = self:join(t, certificate, key, place), place = place } end
  return { retry = math.max(1, math.floor(wait - self.lead)), exact = true, place = place }
end

-- How long one with this place waits for those on the line before it.
function Places:backlog(free, place)
  local before = 0
  for _, caller in ipairs(self.line) do
    if caller.place <= place then before = before + 1 end
  end
  return free + before * self.gap
end

-- Whether a caller's turn has come, to be asked several times a second; then its call is counted, and it must go.
function Places:turn(t, caller)
  caller.seen = t
  self:forgetGone(t)
  if self.line[1] ~= caller or t < self.due or t < self.resumeAt or self:isFull(t) then return false end
  table.remove(self.line, 1)
  self:charge(t)
  caller.call = { sent = t }
  table.insert(self.calls, caller.call)
  return true
end

-- Whether the tenant may have counted as many calls in the last period as the limit has, one above it included: on a
-- slow way one counts when it arrives, close before the next.
function Places:isFull(t)
  local period = self.grace / 2
  for at = #self.calls, 1, -1 do
    local call = self.calls[at]
    if (call.answered or call.sent + longestCall) <= t - period then table.remove(self.calls, at) end
  end
  return #self.calls > math.floor(period / self.gap + 0.5)
end

-- Counts a call. What asking for the turn takes, up to 0.1 s, is made up for.
function Places:charge(t) self.due = math.max(self.due, t - math.min(0.1, self.gap / 2)) + self.gap end

-- A caller leaves, served or not. Its place is over where `served`; else it may come back to it, at the moment that is
-- returned as `retry`.
function Places:leave(t, caller, served)
  for at, other in ipairs(self.line) do
    if other == caller then table.remove(self.line, at) break end
  end
  if self.present[caller.key] == caller then self.present[caller.key] = nil end
  if caller.call then caller.call.answered = t end
  local record = self:record(caller.certificate)
  if served then
    record.served = t
    record.places[caller.key] = nil
  end
  local wait = self:pauseLeft(t) + math.max(caller.place - self:clock(t), 0)
  return math.max(1, math.ceil(wait))
end

return Places
