import { flagName, type SettingName, settingsTable } from "../settings/table.ts";
import { type CommandFlag, type CommandName, commandNames, commands, commonFlags, shells } from "./commands.ts";

type Shell = (typeof shells)[number];

interface Offer {
  /** Without its dashes. */
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  /** The kind of its value; undefined for a flag without one. */
  readonly value: "file" | "text" | readonly string[] | undefined;
}

export const completionScript = (shell: Shell): string => scripts[shell]();

const scripts: Readonly<Record<Shell, () => string>> = { bash, zsh, fish, powershell };

const topWords: readonly (readonly [string, string])[] = [
  ...commandNames.map((name): [string, string] => [name, commands[name].summary]),
  ["help", "show help"],
  ["version", "show the version"],
];

const commonOffers = Object.entries(commonFlags).map(offerOfFlag);

function offersOf(name: CommandName): readonly Offer[] {
  const { flags, settings } = commands[name];
  return [...Object.entries(flags).map(offerOfFlag), ...settings.map(offerOfSetting)];
}

function offerOfFlag([name, { short, help, placeholder }]: readonly [string, CommandFlag]): Offer {
  const value = placeholder === undefined ? undefined : placeholder === "FILE" ? "file" : "text";
  return { name, short, help, value };
}

function offerOfSetting(setting: SettingName): Offer {
  const { kind, help } = settingsTable[setting];
  const words = kind.type === "choice" ? kind.choices : kind.type === "switch" ? ["true", "false"] : undefined;
  const value = words ?? (kind.type === "path" ? "file" : "text");
  return { name: flagName(setting).slice(2), short: undefined, help, value };
}

/** All flags, each once: what follows one does not depend on the command. */
const allOffers = (): readonly Offer[] => [
  ...new Map([...commonOffers, ...commandNames.flatMap(offersOf)].map((offer) => [offer.name, offer])).values(),
];

const flagWords = (offers: readonly Offer[]): string => offers.map(({ name }) => `--${name}`).join(" ");
const lists = (value: Offer["value"]): value is readonly string[] => Array.isArray(value);
/** A word between apostrophes, for shells without escapes there. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const comment = (shell: Shell): string => `# Completion for ${shell}; written by: linkuser-agent completion ${shell}`;

function bash(): string {
  const offers = allOffers();
  const named = (value: Offer["value"]): string =>
    offers.flatMap((one) => (one.value === value ? [`--${one.name}`] : [])).join("|");
  const choices = offers.flatMap(({ name, value }) =>
    lists(value) ? [`    --${name}) words="${value.join(" ")}" ;;`] : [],
  );
  const perCommand = commandNames.map((name) => `      ${name}) words="${flagWords(offersOf(name))}" ;;`);
  return `${comment("bash")}
_linkuser_agent() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=
  # Bash splits --flag=value at the equals sign.
  if [[ $current == "=" ]]; then
    current=
  elif [[ $before == "=" ]]; then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  case $before in
    ${named("file")})
      # Not in the bash 3.2 of macOS.
      compopt -o filenames 2>/dev/null
      local IFS=$'\\n'
      COMPREPLY=($(compgen -f -- "$current"))
      return ;;
${choices.join("\n")}
    completion) words="${shells.join(" ")}" ;;
    ${named("text")}) return ;;
  esac
  if [[ -z $words ]]; then
    case \${COMP_WORDS[1]} in
${perCommand.join("\n")}
      *) words="${flagWords(offersOf("link"))}" ;;
    esac
    words="$words ${flagWords(commonOffers)}"
    if [[ $COMP_CWORD == 1 || ( $COMP_CWORD == 2 && $before == help ) ]] && [[ $current != -* ]]; then
      words="${topWords.map(([word]) => word).join(" ")}"
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _linkuser_agent linkuser-agent
`;
}

function zsh(): string {
  // Brackets and colons separate the parts of a specification.
  const part = (text: string): string => text.replaceAll(/[\\[\]:]/g, "\\$&");
  const specification = ({ name, short, help, value }: Offer): readonly string[] => {
    const action = value === "file" ? "_files" : lists(value) ? `(${value.join(" ")})` : "";
    const rest = `[${part(help)}]${value === undefined ? "" : `:value:${action}`}`;
    return [
      quoted(`--${name}${value === undefined ? "" : "="}${rest}`),
      ...(short === undefined ? [] : [quoted(`-${short}${rest}`)]),
    ];
  };
  const list = (offers: readonly Offer[]): string => offers.flatMap(specification).join(" \\\n      ");
  const perCommand = commandNames.map(
    (name) =>
      `    ${name}) flags=(\n      ${list(offersOf(name))}\n    )${name === "completion" ? `; words_here=(${shells.join(" ")})` : ""} ;;`,
  );
  return `#compdef linkuser-agent
${comment("zsh")}
_linkuser_agent() {
  local -a flags common names words_here
  names=(
    ${topWords.map(([word, help]) => quoted(`${word}:${part(help)}`)).join("\n    ")}
  )
  common=(
      ${list(commonOffers)}
  )
  local command=link start=2
  if (( CURRENT > 2 )) && [[ $words[2] != -* ]]; then command=$words[2]; start=3; fi
  if [[ $PREFIX != -* ]] && (( CURRENT == 2 || ( CURRENT == 3 && start == 3 ) )) && [[ $command == (link|help) ]]; then
    if (( CURRENT == 2 )) || [[ $words[2] == help ]]; then _describe command names; return; fi
  fi
  case $command in
${perCommand.join("\n")}
  esac
  if (( $#words_here && CURRENT == 3 )) && [[ $PREFIX != -* ]]; then compadd -a words_here; return; fi
  # The flags' own function takes the first word for the command.
  if (( start == 3 )); then shift words; (( CURRENT-- )); fi
  _arguments $flags $common
}
if [[ $funcstack[1] == _linkuser_agent ]]; then
  _linkuser_agent "$@"
else
  compdef _linkuser_agent linkuser-agent
fi
`;
}

function fish(): string {
  const line = ({ name, short, help, value }: Offer, condition: string | undefined): string =>
    [
      "complete -c linkuser-agent",
      ...(condition === undefined ? [] : [`-n '${condition}'`]),
      ...(short === undefined ? [] : [`-s ${short}`]),
      `-l ${name}`,
      ...(value === undefined ? [] : value === "file" ? ["-r -F"] : ["-x"]),
      ...(lists(value) ? [`-a '${value.join(" ")}'`] : []),
      `-d ${fishQuoted(help)}`,
    ].join(" ");
  const others = commandNames.filter((name) => name !== "link").join(" ");
  const condition = (name: CommandName): string =>
    name === "link" ? `not __fish_seen_subcommand_from ${others}` : `__fish_seen_subcommand_from ${name}`;
  return [
    comment("fish"),
    "complete -c linkuser-agent -f",
    ...topWords.map(
      ([word, help]) => `complete -c linkuser-agent -n __fish_use_subcommand -a ${word} -d ${fishQuoted(help)}`,
    ),
    `complete -c linkuser-agent -n '__fish_seen_subcommand_from completion' -a '${shells.join(" ")}'`,
    `complete -c linkuser-agent -n '__fish_seen_subcommand_from help' -a '${commandNames.join(" ")}'`,
    ...commonOffers.map((offer) => line(offer, undefined)),
    ...commandNames.flatMap((name) => offersOf(name).map((offer) => line(offer, condition(name)))),
    "",
  ].join("\n");
}

const fishQuoted = (text: string): string => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;

function powershell(): string {
  const word = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const pair = (name: string, help: string): string => `      @(${word(name)}, ${word(help)})`;
  const perCommand = commandNames.map(
    (name) =>
      `    ${name} = @(\n${offersOf(name)
        .map(({ name, help }) => pair(`--${name}`, help))
        .join("\n")}\n    )`,
  );
  const choices = allOffers().flatMap(({ name, value }) =>
    lists(value) ? [`    ${word(`--${name}`)} = @(${value.map(word).join(", ")})`] : [],
  );
  return `${comment("powershell")}
Register-ArgumentCompleter -Native -CommandName 'linkuser-agent', 'linkuser-agent.exe' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $flags = @{
${perCommand.join("\n")}
  }
  $choices = @{
${choices.join("\n")}
    completion = @(${shells.map(word).join(", ")})
  }
  $names = @(
${topWords.map(([name, help]) => pair(name, help)).join("\n")}
  )
  $common = @(
${commonOffers.map(({ name, help }) => pair(`--${name}`, help)).join("\n")}
  )
  $given = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
  $command = if ($given.Count -gt 1 -and $flags.ContainsKey($given[1])) { $given[1] } else { 'link' }
  $offers = if ($choices.ContainsKey($given[-1])) {
    $choices[$given[-1]] | ForEach-Object { , @($_, $_) }
  } elseif ($given.Count -le 1 -and $wordToComplete -notlike '-*') {
    $names
  } else {
    @($flags[$command]) + $common
  }
  $offers | Where-Object { $_ -and $_[0] -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}
`;
}
