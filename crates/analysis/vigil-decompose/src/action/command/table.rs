//! The programs Vigil knows.

use super::{Command, cloud, code, file, git, network, package, system};
use crate::action::shell::Shell;

/// What a program does.
#[derive(Clone, Copy)]
pub(super) enum Does {
    /// Looks at the machine; its operands are no paths.
    Look,
    /// Reads the files its operands name, after the first `skip`.
    Read { skip: usize },
    /// Creates or appends to the files its operands name.
    Write,
    /// Gives rights.
    Grant,
    /// Builds or tests what lies in the working directory.
    Run,
    /// Runs the command that follows its flags and `skip` operands.
    Wrap { skip: usize },
    /// What a row cannot say.
    By(fn(&mut Shell<'_>, &Command<'_>)),
}

/// A row: names with blanks between them, what they do, and the flags that take the next word as their value.
pub(super) struct Row {
    names: &'static str,
    pub(super) does: Does,
    pub(super) valued: &'static str,
}

const fn row(names: &'static str, does: Does, valued: &'static str) -> Row {
    Row { names, does, valued }
}

/// The row of a program.
pub(super) fn find(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.names.split(' ').any(|known| known == name))
}

const TABLE: &[Row] = &[
    // The shell itself.
    row(
        ": true false echo printf test [ [[ pwd sleep wait exit return break continue shift set unset shopt read let \
         getopts hash type local declare typeset export readonly alias unalias umask ulimit jobs fg bg disown times \
         pushd popd dirs history complete compgen bind clear reset tput stty seq yes expr bc dc basename dirname date \
         cal tty logname arch nproc uname hostname whoami id groups uptime free which whereis getconf locale \
         sync mktemp mapfile readarray help submit",
        Does::By(system::quiet),
        "",
    ),
    row("cd chdir", Does::By(system::change_directory), ""),
    row("eval", Does::By(system::evaluate), ""),
    row("source .", Does::By(code::source), ""),
    row("trap", Does::By(system::trap), ""),
    row("sh bash zsh dash ksh fish ash rbash", Does::By(code::shell), ""),
    // Readers.
    row(
        "cat bat batcat less more head tail tac nl od xxd hexdump strings wc file stat md5sum sha1sum sha224sum sha256sum \
         sha384sum sha512sum b2sum cksum shasum md5 readlink realpath du tree ls ll la dir vdir exa eza lsd cmp diff colordiff sdiff \
         zcat bzcat xzcat zless pdftotext exiftool objdump nm readelf ldd otool size cloc tokei jless mdcat glow column comm join \
         paste rev fold fmt expand unexpand pr look uniq shuf lsof",
        Does::Read { skip: 0 },
        "-n -c --lines --bytes -w -L -I -d -f -s -t -k --max-depth -P --width -m --color -N -j -A -e",
    ),
    row("grep egrep fgrep rgrep zgrep ag ack pcregrep", Does::By(file::grep), ""),
    row("rg ripgrep", Does::By(file::grep), ""),
    row("sed gsed", Does::By(file::sed), ""),
    row("awk gawk mawk nawk", Does::By(file::awk), ""),
    row(
        "jq yq xq tomlq dasel htmlq xmllint xmlstarlet",
        Does::Read { skip: 1 },
        "--arg --argjson --indent -f --from-file --xpath",
    ),
    row("find gfind", Does::By(file::find), ""),
    row("fd fdfind", Does::By(file::fd), ""),
    row("sort gsort", Does::By(file::sort), ""),
    row("cut tr base64 base32 iconv", Does::By(file::filter), ""),
    row(
        "ps top htop pgrep pidof netstat ss ip ifconfig route arp df mount lsblk lscpu lsusb lspci vmstat iostat dmesg last w who \
         finger getent sysctl sw_vers system_profiler locate mdfind man info apropos whatis tldr xdpyinfo nvidia-smi rustc \
         ruff flake8 pylint mypy pyright shellcheck hadolint yamllint actionlint cloc",
        Does::By(system::look),
        "",
    ),
    row("env printenv", Does::By(system::environment), ""),
    // Writers.
    row("mkdir touch mkfifo mknod", Does::Write, "-m --mode -t -d -r --reference --date"),
    row("tee", Does::Write, ""),
    row("rm rmdir unlink shred srm trash trash-put gio del wipe", Does::By(file::remove), ""),
    row("truncate", Does::By(file::truncate), ""),
    row("cp gcp install ditto", Does::By(file::copy), ""),
    row("mv gmv", Does::By(file::move_), ""),
    row("ln", Does::By(file::link), ""),
    row("dd", Does::By(file::dd), ""),
    row("split csplit", Does::Read { skip: 0 }, "-n -l -b -a"),
    row("tar bsdtar gtar", Does::By(file::tar), ""),
    row("zip", Does::By(file::zip), ""),
    row("unzip gunzip gzip bzip2 bunzip2 xz unxz zstd unzstd 7z 7za unrar lz4", Does::By(file::compress), ""),
    row("patch", Does::By(file::patch), ""),
    row("chmod chown chgrp chattr setfacl xattr chflags", Does::By(system::change_mode), ""),
    row("ed ex vi vim nvim nano emacs pico micro", Does::By(file::editor), ""),
    row(
        "mkfs mkfs.ext4 mkfs.xfs mkswap fdisk parted sgdisk wipefs diskutil blkdiscard cryptsetup",
        Does::By(system::disk),
        "",
    ),
    // Wrappers.
    row(
        "sudo doas run0 pkexec",
        Does::Wrap { skip: 0 },
        "-u -g -h -p -C -T -r -t -U -D -R --user --group --host --prompt --chdir",
    ),
    row("nice ionice chrt taskset", Does::Wrap { skip: 0 }, "-n -c -p --adjustment"),
    row(
        "nohup setsid command builtin time unbuffer caffeinate chronic ccache sccache busybox toybox stdbuf proxychains \
         proxychains4 torsocks firejail",
        Does::Wrap { skip: 0 },
        "-i -o -e -f --output --format -w -t",
    ),
    row("exec", Does::Wrap { skip: 0 }, "-a"),
    row("timeout gtimeout", Does::Wrap { skip: 1 }, "-s -k --signal --kill-after"),
    row("chroot flock gosu su-exec setpriv", Does::Wrap { skip: 1 }, "-w --userspec -E --timeout"),
    row("strace ltrace dtruss perf", Does::Wrap { skip: 0 }, "-o -e -p -s -E"),
    row("xargs gxargs parallel", Does::By(super::wrapper::xargs), ""),
    row("watch", Does::By(super::wrapper::watch), ""),
    row("script", Does::By(super::wrapper::script), ""),
    row("su runuser", Does::By(super::wrapper::su), ""),
    row("tmux screen", Does::By(super::wrapper::terminal), ""),
    // The network.
    row("curl", Does::By(network::curl), ""),
    row("wget wget2", Does::By(network::wget), ""),
    row("http https xh httpie", Does::By(network::httpie), ""),
    row("aria2c axel fetch lynx w3m links", Does::By(network::download), ""),
    row("scp sftp rsync rclone", Does::By(network::copy), ""),
    row("ssh mosh", Does::By(network::ssh), ""),
    row("nc ncat netcat socat telnet openssl", Does::By(network::socket), ""),
    row("ftp lftp tftp", Does::By(network::socket), ""),
    row("ping ping6 dig nslookup host traceroute mtr whois nmap", Does::By(network::probe), ""),
    row("mail mailx sendmail mutt msmtp swaks s-nail", Does::By(network::mail), ""),
    // Development.
    row("git", Does::By(git::git), ""),
    row("gh glab hub", Does::By(git::forge), ""),
    row(
        "npm pnpm yarn bun deno npx pnpx bunx pip pip3 uv uvx poetry pipenv pdm pipx conda mamba micromamba cargo rustup go gem bundle bundler composer \
         dotnet nuget apt apt-get aptitude dpkg dnf yum rpm zypper pacman yay apk brew port snap flatpak winget choco scoop nix nix-env \
         nix-shell easy_install cpan cpanm luarocks opam cabal stack mix hex vcpkg conan corepack nvm pyenv rbenv asdf mise volta sdk mvn gradle",
        Does::By(package::run),
        "",
    ),
    row(
        "python python2 python3 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14 pypy pypy3 ipython node nodejs \
         tsx ts-node perl ruby php lua luajit Rscript julia osascript pwsh powershell swift groovy scala elixir irb ghci tclsh",
        Does::By(code::interpreter),
        "",
    ),
    row(
        "make gmake cmake ninja meson bazel buck just task pytest py.test tox nox jest vitest mocha ava eslint prettier tsc webpack \
         vite rollup esbuild turbo nx next gcc g++ cc c++ clang clang++ ld ar as javac java kotlinc rspec rake phpunit coverage \
         black isort autopep8 yapf rustfmt gofmt clippy-driver ctest gdb lldb pre-commit sphinx-build mkdocs hugo jekyll \
         django-admin gunicorn uvicorn flask protoc cython ./gradlew ./mvnw gradlew mvnw swiftc xcodebuild playwright cypress \
         unittest nosetests trial hypothesis pyflakes pycodestyle bandit ant sbt lein msbuild valgrind hyperfine ffmpeg \
         convert magick pandoc pdflatex latexmk dot graphviz",
        Does::Run,
        "",
    ),
    // Services, containers, clouds, data.
    row("docker podman nerdctl docker-compose", Does::By(cloud::docker), ""),
    row(
        "kubectl helm oc terraform tofu pulumi aws gcloud gsutil az doctl flyctl fly vercel netlify heroku wrangler ansible \
         ansible-playbook vagrant packer serverless sam cdk firebase supabase stripe railway",
        Does::By(cloud::cloud),
        "",
    ),
    row(
        "psql mysql mariadb sqlite3 sqlite mongo mongosh redis-cli clickhouse-client duckdb bq cqlsh dropdb createdb mysqladmin pg_dump mysqldump",
        Does::By(cloud::database),
        "",
    ),
    row(
        "systemctl service launchctl update-rc.d crontab at batch iptables ip6tables nft ufw firewall-cmd pfctl modprobe insmod rmmod \
         defaults networksetup scutil spctl csrutil nmcli hostnamectl timedatectl localectl update-alternatives setenforce \
         semanage reg schtasks netsh swapoff swapon umount losetup dconf gsettings authselect",
        Does::By(system::service),
        "",
    ),
    row(
        "passwd chpasswd usermod useradd adduser userdel deluser groupadd groupmod visudo setcap ssh-copy-id newgrp gpasswd chage \
         dscl",
        Does::Grant,
        "",
    ),
    row("kill pkill killall xkill", Does::By(system::kill), ""),
    row("shutdown reboot halt poweroff init", Does::By(system::kill), ""),
    row(
        "security secret-tool pass op bw vault gpg gpg2 ssh-add ssh-keygen keyring age sops",
        Does::By(system::secret),
        "",
    ),
    row("pbcopy pbpaste xclip xsel wl-copy wl-paste clip", Does::Look, ""),
    row("open xdg-open start", Does::By(network::open), ""),
    row("claude codex gemini aider cursor-agent opencode goose llm ollama", Does::By(system::agent), ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_each_program_once() {
        let mut seen = std::collections::HashSet::new();
        for row in TABLE {
            for name in row.names.split(' ').filter(|name| !name.is_empty()) {
                assert!(seen.insert(name) || name == "cloc", "{name} stands twice");
            }
        }
    }
}
