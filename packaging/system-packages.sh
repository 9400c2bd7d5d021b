#!/usr/bin/env bash
# Installs the system packages that are missing, where that is permitted; else says which.
#   packaging/system-packages.sh run     what the program needs
#   packaging/system-packages.sh test    and what its tests need
set -u
what=${1:-run}

missing=()
need_library() { # file package
  ldconfig -p 2>/dev/null | grep -q "$1" || missing+=("$2")
}
need_program() { # program package
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing+=("$2")
}

case "$(uname -s)" in
  Linux) ;;
  *) exit 0 ;; # macOS: the wheels carry everything; tests of the desktop run on Linux
esac

# Qt's xcb platform plugin is linked against these; the wheels do not carry them.
need_library libxcb-cursor.so.0 libxcb-cursor0
need_library libxcb-icccm.so.4 libxcb-icccm4
need_library libxcb-image.so.0 libxcb-image0
need_library libxcb-keysyms.so.1 libxcb-keysyms1
need_library libxcb-randr.so.0 libxcb-randr0
need_library libxcb-render-util.so.0 libxcb-render-util0
need_library libxcb-shape.so.0 libxcb-shape0
need_library libxcb-xinerama.so.0 libxcb-xinerama0
need_library libxcb-xkb.so.1 libxcb-xkb1
need_library libxkbcommon-x11.so.0 libxkbcommon-x11-0
need_library libEGL.so.1 libegl1
need_library libGL.so.1 libgl1
need_library libdbus-1.so.3 libdbus-1-3
need_library libfontconfig.so.1 libfontconfig1
need_library libglib-2.0.so.0 libglib2.0-0

if [ "$what" = test ]; then
  need_program Xvfb xvfb
  need_program openbox openbox
  need_program trayer trayer
  need_program xdotool xdotool
  need_program xprop x11-utils
  need_program import imagemagick
  need_program dbus-daemon dbus
  need_program redis-server redis-server
  need_program tmux tmux
  need_program chromium chromium
  fc-list 2>/dev/null | grep -qi "noto sans cjk" || missing+=(fonts-noto-cjk)
fi

[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(no); fi
fi
if command -v apt-get >/dev/null 2>&1 && [ "${as_root[*]:-}" != no ]; then
  echo "Installing missing system packages: ${missing[*]}"
  if "${as_root[@]}" apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
     "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
    # A redis-server that the package's own service started would not be ours; none is left running
    # where there is no service manager, and where there is one it is the person's to decide.
    exit 0
  fi
fi
echo "These system packages are missing and could not be installed here:" >&2
printf '  %s\n' "${missing[@]}" >&2
echo "Install them (Debian names), for example:  sudo apt-get install ${missing[*]}" >&2
[ "$what" = run ] && exit 0 # the terminal form works without a desktop
exit 1
