# windows.ps1 PACKAGE: on a Windows machine that may be thrown away, elevated: installs the MSI, checks and links it
# against a fake Gears, repairs and removes it. Run it in the repository after `npm ci`. Not run yet: no Windows
# was at hand.
param([Parameter(Mandatory)] [string] $Package)
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..\..\..')
$agent = Join-Path $env:ProgramFiles 'LinkUserAgent\linkuser-agent.exe'
$data = Join-Path $env:ProgramData 'LinkUserAgent'

function Say($text) { Write-Host "`n== $text" }

function Invoke-Msi([string[]] $Arguments) {
  $run = Start-Process msiexec.exe -ArgumentList ($Arguments + '/qn', '/l*v', 'msi.log') -Wait -PassThru
  if ($run.ExitCode -ne 0) { Get-Content msi.log -Tail 60; throw "msiexec $Arguments ended with $($run.ExitCode)" }
}

# The program's output, with any exit code.
function Invoke-Agent([string[]] $Arguments) {
  $text = & $agent @Arguments | Out-String
  Write-Host $text
  return $text
}

function Assert-Outcome($text, $expected) {
  $outcome = ($text | ConvertFrom-Json).outcome
  if ($outcome -ne $expected) { throw "$outcome instead of $expected" }
}

Say 'a fake Gears'
$start = [System.Diagnostics.ProcessStartInfo]::new((Resolve-Path 'node_modules\.bin\node.exe'))
$start.ArgumentList.Add('--disable-warning=ExperimentalWarning')
$start.ArgumentList.Add('test\system\install\stand-in.ts')
$start.RedirectStandardInput = $true
$start.RedirectStandardOutput = $true
$gears = [System.Diagnostics.Process]::Start($start)
$keys = $gears.StandardOutput.ReadLine() | ConvertFrom-Json
$credential = Join-Path $env:TEMP 'credential.json'
@{ clientSecret = $keys.clientSecret } | ConvertTo-Json -Compress | Set-Content -NoNewline -Encoding ascii $credential

Say 'install'
Invoke-Msi '/i', $Package, "BASEURL=$($keys.baseUrl)", "CLIENTID=$($keys.clientId)", 'SPLAY=0s', "CREDENTIALFILE=$credential"
if (Test-Path $credential) { throw 'the credential was not deleted' }
Invoke-Agent '--version'
icacls $data /T

Say 'a plain user reads the settings, not the credential'
$password = [guid]::NewGuid().ToString() + 'aA1!'
New-LocalUser plain -Password (ConvertTo-SecureString $password -AsPlainText -Force) | Out-Null
$plain = [pscredential]::new('plain', (ConvertTo-SecureString $password -AsPlainText -Force))
foreach ($file in 'config.json', 'credential.json') {
  $command = "/c type `"$(Join-Path $data $file)`""
  $run = Start-Process cmd.exe -ArgumentList $command -Credential $plain -WorkingDirectory $env:SystemRoot -Wait -PassThru
  if (($run.ExitCode -eq 0) -ne ($file -eq 'config.json')) { throw "a plain user and ${file}: $($run.ExitCode)" }
}
Remove-LocalUser plain

Say 'link'
Invoke-Agent '--dry-run'
Invoke-Agent 'doctor', '--compare'
Assert-Outcome (Invoke-Agent '--json', '--user', $env:USERNAME) 'linked'
Assert-Outcome (Invoke-Agent '--json', '--user', $env:USERNAME) 'already-linked'

Say 'the scheduled task, and its event'
schtasks /Query /TN LinkUserAgent /XML
schtasks /Run /TN LinkUserAgent
$deadline = (Get-Date).AddMinutes(2)
do {
  Start-Sleep 2
  $task = Get-ScheduledTask LinkUserAgent
} while ($task.State -eq 'Running' -and (Get-Date) -lt $deadline)
(Get-ScheduledTaskInfo LinkUserAgent).LastTaskResult
Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'LinkUserAgent' } | Format-List Id, Message

Say 'repair, then remove'
Remove-Item $agent
Invoke-Msi '/fa', $Package
Invoke-Agent '--version'
Invoke-Msi '/x', $Package
if (Test-Path $agent) { throw 'the executable is still there' }
if (Get-ScheduledTask LinkUserAgent -ErrorAction SilentlyContinue) { throw 'the task is still there' }
$gears.StandardInput.Close()
Say 'all of it worked'
