@echo off
rem Starts Holdfast on a Java 25 or newer: the one that HOLDFAST_JAVA_HOME names, else the one that came with the
rem package, else the one that the installation found, else JAVA_HOME, else the one in the PATH.
setlocal enableextensions disabledelayedexpansion
for %%d in ("%~dp0..") do set "holdfast_home=%%~fd"
set "java_home="
if defined HOLDFAST_JAVA_HOME (
  call :new_enough "%HOLDFAST_JAVA_HOME%"
  if not defined java_home (
    echo holdfast: HOLDFAST_JAVA_HOME names %HOLDFAST_JAVA_HOME%, where no Java 25 or newer is; correct it or unset it>&2
    exit /b 1
  )
)
if not defined java_home call :new_enough "%holdfast_home%\runtime"
if not defined java_home for /f "tokens=2,*" %%a in ('reg query HKLM\SOFTWARE\Holdfast /v JavaHome 2^>nul') do call :new_enough "%%b"
if not defined java_home if defined JAVA_HOME call :new_enough "%JAVA_HOME%"
if not defined java_home for %%j in (java.exe) do if not "%%~$PATH:j"=="" for %%h in ("%%~dp$PATH:j..") do call :new_enough "%%~fh"
if not defined java_home (
  echo holdfast: there is no Java 25 or newer; install one, or name its directory in HOLDFAST_JAVA_HOME>&2
  exit /b 1
)
rem A small heap and a compiler that starts fast: this is an agent, not a server.
"%java_home%\bin\java.exe" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xss512k -Xmx128m ^
  -XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ^
  %HOLDFAST_JAVA_OPTIONS% -cp "%holdfast_home%\lib\*" io.holdfast.agent.cli.Holdfast %*
exit /b %errorlevel%

rem Sets java_home to its argument if the Java there is new enough, by its release file.
:new_enough
if not exist "%~1\bin\java.exe" exit /b 0
if not exist "%~1\release" exit /b 0
set "java_version="
for /f "usebackq tokens=1,* delims==" %%a in ("%~1\release") do if "%%a"=="JAVA_VERSION" set "java_version=%%~b"
if not defined java_version exit /b 0
for /f "tokens=1 delims=.-+" %%v in ("%java_version%") do if %%v GEQ 25 set "java_home=%~1"
exit /b 0
