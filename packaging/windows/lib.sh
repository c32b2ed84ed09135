# shellcheck shell=bash
# The steps of packaging/build-msi.

windows=${root:?}/packaging/windows
procrun_artifact=commons-daemon:commons-daemon:1.5.1:zip:bin-windows
procrun_sha256=2fd4ab7dc417fa0479a48de8e243e46e8e476356f6fdc2349e850f224fcb0146

msi_version_ok() {
  [[ $1 =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,5})$ ]] &&
    [ "${BASH_REMATCH[1]}" -le 255 ] && [ "${BASH_REMATCH[2]}" -le 255 ] && [ "${BASH_REMATCH[3]}" -le 65535 ]
}

# Whether DIR is a Java 25 or newer of 64-bit Windows; by its files alone, since it does not run here.
runtime_ok() {
  local needed
  for needed in bin/java.exe bin/server/jvm.dll release; do
    [ -r "$1/$needed" ] || fail "$1 is no Java for Windows: it has no $needed"
  done
  grep -Eq '^JAVA_VERSION="(2[5-9]|[3-9][0-9])' "$1/release" || fail "$1 is no Java 25 or newer, says its file release"
}

# fetch_procrun DIRECTORY: leaves commons-daemon-*.zip there, which is what we know it to be.
fetch_procrun() {
  procrun=$1/commons-daemon-1.5.1-bin-windows.zip
  if ! procrun_known; then
    maven -q org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy -N \
      "-Dartifact=$procrun_artifact" "-DoutputDirectory=$1" >&2 </dev/null || fail "procrun cannot be had from Maven Central"
    procrun_known || fail "$procrun is not the procrun that we know: its SHA-256 differs"
  fi
}

procrun_known() { [ -r "$procrun" ] && printf '%s  %s\n' "$procrun_sha256" "$procrun" | sha256sum --quiet -c - 2>/dev/null; }

# fill_stage STAGE DISTRIBUTION RUNTIME: the files as they are to lie on the machine.
fill_stage() {
  local stage=$1
  mkdir -p "$stage/bin" "$stage/lib" "$stage/legal"
  unzip -q -j "$procrun" amd64/prunsrv.exe LICENSE.txt NOTICE.txt -d "$stage/legal"
  mv "$stage/legal/prunsrv.exe" "$stage/bin/holdfast-service.exe"
  mv "$stage/legal/NOTICE.txt" "$stage/legal/commons-daemon-NOTICE.txt"
  mv "$stage/legal/LICENSE.txt" "$stage/legal/commons-daemon-LICENSE.txt"
  cp "$root/LICENSE" "$stage/legal/LICENSE.txt"
  # cmd.exe finds no label in a file whose lines end as they do here.
  sed 's/$/\r/' "$windows/holdfast.cmd" >"$stage/bin/holdfast.cmd"
  cp "$2"/lib/*.jar "$stage/lib/"
  if [ -n "$3" ]; then cp -RL "$3" "$stage/runtime"; fi
}

# write_source STAGE VERSION: the description for wixl.
write_source() {
  local stage=$1 line
  components=()
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      *@DIRECTORIES@*)
        directory "$stage" lib
        directory "$stage" legal
        if [ -d "$stage/runtime" ]; then directory "$stage" runtime; fi
        ;;
      *@COMPONENTS@*) printf '      <ComponentRef Id="%s"/>\n' "${components[@]}" ;;
      *@PROCRUN@*) procrun_values "$stage" ;;
      *)
        line=${line//@VERSION@/$2}
        printf '%s\n' "$line"
        ;;
    esac
  done <"$windows/holdfast.wxs"
}

# directory STAGE PATH: a directory of the stage with all that is in it, a component for each file.
directory() {
  local path=$2 entry id
  printf '<Directory Id="%s" Name="%s">\n' "$(wix_id "$path")" "${path##*/}"
  while IFS= read -r entry; do
    id=$(wix_id "$path/$entry")
    if [ -d "$1/$path/$entry" ]; then
      directory "$1" "$path/$entry"
    else
      components+=("c$id")
      printf '<Component Id="c%s" Guid="*" Win64="yes"><File Id="f%s" Name="%s" Source="%s" KeyPath="yes"/></Component>\n' \
        "$id" "$id" "$entry" "$path/$entry"
    fi
  done < <(cd "$1/$path" && LC_ALL=C ls -A)
  printf '</Directory>\n'
}

# An id that the same path always gets: no two paths differ in what a hash of them shows.
wix_id() { printf 'd%s' "$(printf '%s' "$1" | sha256sum | cut -c1-32)"; }

# What the service is to do, in the words of procrun; docs/windows.md explains the choices.
procrun_values() {
  local options classpath='' jar
  for jar in "$1"/lib/*.jar; do classpath+="${classpath:+;}[INSTALLDIR]lib\\${jar##*/}"; done
  options='-XX:+UseSerialGC[~]-XX:TieredStopAtLevel=1[~]-XX:-UsePerfData[~]-Xss512k[~]-Xmx128m'
  options+='[~]-XX:+UseCompactObjectHeaders[~]--enable-native-access=ALL-UNNAMED[~]--sun-misc-unsafe-memory-access=allow'
  value Java Jvm string '[JVM]'
  value Java Classpath string "$classpath"
  value Java Options string "$options"
  value Start Mode string jvm
  value Start Class string io.holdfast.agent.cli.WindowsService
  value Start Method string start
  value Start WorkingPath string '[DATADIR]'
  value Stop Mode string jvm
  value Stop Class string io.holdfast.agent.cli.WindowsService
  value Stop Method string stop
  value Stop Timeout integer 120
  value Log Path string '[LOGDIR]'
  value Log Prefix string holdfast-service
  value Log Level string Info
  value Log StdOutput string auto
  value Log StdError string auto
}

value() {
  printf '<RegistryValue Root="HKLM" Key="SOFTWARE\\Apache Software Foundation\\Procrun 2.0\\Holdfast\\Parameters\\%s"' "$1"
  printf ' Name="%s" Type="%s" Value="%s"/>\n' "$2" "$3" "$4"
}

# complete MSI SCRATCH: what wixl has no word for, or gets wrong. The numbers are where Microsoft's tools put these actions.
complete() {
  local bundled=0
  if [ -d "$2/runtime" ]; then bundled=1; fi
  table "$2" Environment 's72	l255	L255	s72' 'Environment	Name	Value	Component_' 'SearchPath	=-*PATH	[~];[BINDIR]	Launcher'
  msibuild "$1" -i "$2/Environment.idt" -q \
    "UPDATE \`Component\` SET \`Condition\` = 'SERVICEWAS = \"#2\"' WHERE \`Component\` = 'ServiceAgain'" \
    "UPDATE \`Component\` SET \`Condition\` = 'JAVAHOME AND NOT $bundled' WHERE \`Component\` = 'JavaFound'" \
    "UPDATE \`Registry\` SET \`Value\` = '#%%SystemRoot%\System32\EventCreate.exe' WHERE \`Name\` = 'EventMessageFile'" \
    "UPDATE \`Property\` SET \`Value\` = 'JAVAHOME;WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED' WHERE \`Property\` = 'SecureCustomProperties'" \
    "$(action WriteEnvironmentStrings '' 5200)" \
    "$(action RemoveEnvironmentStrings '' 3300)" \
    "$(action JavaOfBefore 'REMEMBEREDJAVA AND NOT JAVAHOME' 60)" \
    "$(action JavaOfMachine '%JAVA_HOME AND NOT JAVAHOME' 61)" \
    "$(action JavaOfPackage "$bundled" 1010)" \
    "$(action JvmOfJava JAVAHOME 1011)" ||
    fail "what wixl has no word for could not be written into the MSI"
}

action() {
  printf "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES ('%s', '%s', %s)" "$@"
}

# table DIRECTORY NAME TYPES COLUMNS ROW...: a table for msibuild, its key the first column.
table() {
  local file=$1/$2.idt name=$2 types=$3 columns=$4
  shift 4
  printf '%s\r\n' "$columns" "$types" "$name	${columns%%	*}" "$@" >"$file"
}

# protect_data MSI SCRATCH: who may enter C:\ProgramData\Holdfast, which wixl has no word for: SYSTEM and Administrators,
# and what is inherited from above does not count.
protect_data() {
  local sddl='O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'
  table "$2" MsiLockPermissionsEx 's72	s72	s32	s0	S255' 'MsiLockPermissionsEx	LockObject	Table	SDDLText	Condition' \
    "DataFolder	DATADIR	CreateFolder	$sddl	" "LogFolder	LOGDIR	CreateFolder	$sddl	"
  msibuild "$1" -i "$2/MsiLockPermissionsEx.idt" || fail "the access rights could not be written into the MSI"
}
