<#
.SYNOPSIS
Installs Holdfast from its MSI, registers this machine if a token is given, and starts the service.

.DESCRIPTION
For roll-outs by a script; the MSI alone does the same but for the last three steps. Run it in a PowerShell that was
started as an administrator. It may be run again: what is there already is kept.

.PARAMETER Msi
The MSI; beside it NAME.msi.sha256, unless -Sha256 is given.

.PARAMETER TokenFile
A file with what 'holdfast enrol-token' has printed. Never the token itself: others can read a command line.

.PARAMETER JavaHome
A Java 25 or newer, if the MSI carries none; else JAVA_HOME counts.

.EXAMPLE
.\install.ps1 -Msi holdfast-0.1.0-x64.msi -JavaHome 'C:\Program Files\Eclipse Adoptium\jdk-25' -TokenFile C:\token.txt
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)][string] $Msi,
    [string] $Sha256,
    [string] $TokenFile,
    [string] $JavaHome
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

function Fail([string] $sentence) {
    [Console]::Error.WriteLine("holdfast: $sentence")
    exit 1
}

function Assert-Administrator {
    $me = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
    if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        Fail 'this takes an administrator: start PowerShell with "Run as administrator"'
    }
}

function Assert-Checksum([string] $file, [string] $wanted) {
    if (-not $wanted) {
        if (-not (Test-Path -LiteralPath "$file.sha256")) { Fail "there is no $file.sha256; put it there, or give -Sha256" }
        $wanted = ((Get-Content -LiteralPath "$file.sha256" -TotalCount 1) -split '\s+')[0]
    }
    $found = (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash
    if ($found -ne $wanted) { Fail "$file is not what it is said to be: its SHA-256 is $found" }
}

# SYSTEM and Administrators, by the numbers that are the same in every language of Windows.
$trusted = 'S-1-5-18', 'S-1-5-32-544'

# Any user may make a directory below ProgramData, before us and with a configuration in it that LocalSystem would obey.
function Assert-Trusted([string] $directory) {
    $all = @(Get-Item -LiteralPath $directory -Force) + @(Get-ChildItem -LiteralPath $directory -Recurse -Force)
    foreach ($item in $all) {
        if ($item.Attributes -band [IO.FileAttributes]::ReparsePoint) {
            Fail "$($item.FullName) is there already and is a link: look who has made it, and remove it"
        }
        $owner = (Get-Acl -LiteralPath $item.FullName).GetOwner([Security.Principal.SecurityIdentifier]).Value
        if ($owner -notin $trusted) {
            Fail "$($item.FullName) is there already and belongs to $owner, neither to SYSTEM nor to Administrators: look who has made it, and remove $directory"
        }
    }
}

# No rights but those two, on the directory and on all that is in it; nothing from above.
function Protect-Directory([string] $directory) {
    if (Test-Path -LiteralPath $directory) { Assert-Trusted $directory }
    New-Item -ItemType Directory -Force -Path $directory | Out-Null
    foreach ($rights in @('/setowner', '*S-1-5-32-544'), @('/reset', '/T'), @('/inheritance:r', '/grant:r', '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F')) {
        & icacls.exe $directory @rights /Q | Out-Null
        if ($LASTEXITCODE -ne 0) { Fail "the access rights of $directory could not be set ($($rights[0]))" }
    }
    Assert-Trusted $directory
}

function Install-Package([string] $file) {
    $log = Join-Path $env:TEMP 'holdfast-msi.log'
    $arguments = @('/i', "`"$file`"", '/qn', '/norestart', '/l*v', "`"$log`"")
    if ($JavaHome) { $arguments += "JAVAHOME=`"$JavaHome`"" }
    $installer = Start-Process msiexec.exe -ArgumentList $arguments -Wait -PassThru
    # 3010: installed, and Windows wants to be restarted some day.
    if ($installer.ExitCode -notin 0, 3010) { Fail "the MSI was not installed (code $($installer.ExitCode)); see $log" }
}

# A path with blanks and without quotes would let C:\Program.exe be started in our place.
function Assert-QuotedPath {
    $key = 'HKLM:\SYSTEM\CurrentControlSet\Services\Holdfast'
    $path = (Get-ItemProperty $key).ImagePath
    if (-not $path.StartsWith('"')) {
        Set-ItemProperty $key ImagePath ('"' + ($path -replace ' //RS//', '" //RS//'))
    }
}

# After a crash of the service: again after one minute, as often as it takes.
function Set-Recovery {
    & sc.exe failure Holdfast reset= 86400 actions= restart/60000/restart/60000/restart/60000 | Out-Null
    if ($LASTEXITCODE -ne 0) { Fail 'Windows did not take what it is to do when the service crashes' }
}

function Register-Machine([string] $launcher, [string] $config) {
    if (Test-Path -LiteralPath $config) {
        Write-Output "$config is there: this machine is registered already"
        return
    }
    Get-Content -LiteralPath $TokenFile -Raw | & $launcher register --token -
    if ($LASTEXITCODE -ne 0) { Fail "this machine was not registered (code $LASTEXITCODE)" }
}

Assert-Administrator
if (-not (Test-Path -LiteralPath $Msi)) { Fail "there is no $Msi" }
$Msi = (Resolve-Path -LiteralPath $Msi).ProviderPath
if ($TokenFile -and -not (Test-Path -LiteralPath $TokenFile)) { Fail "there is no $TokenFile" }
Assert-Checksum $Msi $Sha256

$data = Join-Path $env:ProgramData 'Holdfast'
Protect-Directory $data
Install-Package $Msi
Assert-QuotedPath
Set-Recovery
$launcher = Join-Path $env:ProgramFiles 'Holdfast\bin\holdfast.cmd'
$config = Join-Path $data 'holdfast.yaml'
if ($TokenFile) { Register-Machine $launcher $config }
if (Test-Path -LiteralPath $config) {
    Restart-Service Holdfast
    & $launcher doctor
    exit $LASTEXITCODE
}
Write-Output "Holdfast is installed. Next: 'holdfast register --token -', then 'Start-Service Holdfast'."
