"""What the gallery shows: looks in every state, as a night has them; it builds nothing."""

from __future__ import annotations

from msgspec.structs import replace

from kiosk.views.looks import (
    Actor,
    ActorsLook,
    BandLook,
    BannerLook,
    ButtonLook,
    ButtonRole,
    CardLook,
    ConnectionState,
    FilterLook,
    KeyboardLook,
    NavItem,
    NoteLook,
    RailLook,
)

CARD = 75.0


def band(value: float | None) -> BandLook:
    return BandLook(value, 75.0, 20.0, 100.0)


def card_buttons(
    text: str, role: ButtonRole = "primary", icon: str = "arrow-right"
) -> tuple[ButtonLook, ...]:
    return (
        ButtonLook("hold", "Tahan", "pause"),
        ButtonLook("measure", "Ukur", "thermometer"),
        ButtonLook("advance", text, icon, role),
    )


CARDS = (
    CardLook(
        "G1-02",
        "Ayam Teriyaki",
        "G1-02 · 1.742 porsi · Joko, Budi",
        "alarm",
        "Suhu kurang",
        "octagon-alert",
        clock_text="01:35",
        clock_caption="Sisa waktu masak",
        temp_text="61,8",
        temp_caption="Inti ≥ 75 °C",
        temp_icon="arrow-up",
        temp_judged="alarm",
        band=band(61.8),
        stage_index=1,
        stage_fraction=0.95,
        stage_text="Masak",
        stage_caption="langkah 5/6",
        qc_text="0/7",
        buttons=card_buttons("Uji mutu", "tonal"),
    ),
    CardLook(
        "G1-05",
        "Sup Jagung Wortel",
        "G1-05 · 1.742 porsi · Rina, Wahyu",
        "attention",
        "Terlambat",
        "triangle-alert",
        clock_text="+12:07",
        clock_caption="Lewat mulai masak",
        clock_icon="clock-alert",
        temp_caption="Belum diukur",
        stage_index=0,
        stage_fraction=0.97,
        stage_text="Persiapan",
        stage_caption="langkah 4/4",
        qc_text="0/7",
        buttons=card_buttons("Masak"),
    ),
    CardLook(
        "G1-03",
        "Tumis Buncis Wortel",
        "G1-03 · 1.742 porsi · Siti",
        "attention",
        "Perlu uji mutu",
        "clipboard-list",
        clock_text="3j 41m",
        clock_caption="Habiskan sebelum 08.23",
        temp_text="78,4",
        temp_caption="Inti ≥ 75 °C",
        temp_icon="arrow-right",
        temp_judged="ok",
        band=band(78.4),
        stage_index=2,
        stage_fraction=0.5,
        stage_text="Uji mutu",
        stage_caption="sejak 04.23",
        qc_text="5/7",
        buttons=card_buttons("Isi uji mutu", "tonal", "clipboard-check"),
    ),
    CardLook(
        "G1-01",
        "Nasi Putih",
        "G1-01 · 1.742 porsi · Agus, Eko",
        clock_text="3j 29m",
        clock_caption="Habiskan sebelum 08.11",
        temp_text="86,1",
        temp_caption="Inti ≥ 75 °C",
        temp_icon="arrow-right",
        temp_judged="ok",
        band=band(86.1),
        stage_index=3,
        stage_text="Uji mutu",
        stage_caption="sejak 04.11",
        qc_text="7/7",
        qc_done=True,
        buttons=card_buttons("Selesai", "primary", "check"),
    ),
    CardLook(
        "G1-06",
        "Nasi Tim Ayam",
        "G1-06 · 186 PK balita · Fitri",
        clock_text="03:20",
        clock_caption="Sisa waktu masak",
        temp_text="82,7",
        temp_caption="Anda · 3 mnt lalu",
        temp_judged="ok",
        band=band(82.7),
        stage_index=1,
        stage_fraction=0.9,
        stage_text="Masak",
        stage_caption="langkah 4/4",
        qc_text="0/7",
        pending=2,
        buttons=card_buttons("Uji mutu"),
    ),
    CardLook(
        "G1-04",
        "Tempe Goreng",
        "G1-04 · 1.742 porsi · Nur, Bayu",
        clock_text="11:48",
        clock_caption="Sisa waktu masak",
        temp_text="70,3",
        temp_caption="22 mnt lalu",
        temp_judged="stale",
        band=band(70.3),
        stage_index=1,
        stage_fraction=0.55,
        stage_text="Masak",
        stage_caption="langkah 2/3",
        qc_text="0/7",
        stale=True,
        buttons=card_buttons("Uji mutu", "tonal"),
    ),
    CardLook(
        "G1-08",
        "Pisang Ambon",
        "G1-08 · 1.742 porsi · Lilis",
        clock_text="18:30",
        clock_caption="Sisa waktu olah",
        temp_caption="Tanpa suhu inti",
        stage_index=1,
        stage_fraction=0.45,
        stage_text="Pengolahan",
        stage_caption="langkah 2/3",
        qc_text="0/6",
        buttons=(
            ButtonLook("hold", "Tahan", "pause"),
            ButtonLook("advance", "Uji mutu", "arrow-right", "tonal"),
        ),
    ),
    CardLook(
        "G1-07",
        "Ayam Kukus Tanpa Kedelai",
        "G1-07 · 34 porsi khusus",
        "held",
        "Ditahan",
        "circle-pause",
        clock_text="06:50",
        clock_caption="Kontak silang alergen",
        clock_icon="circle-pause",
        temp_text="72,4",
        temp_caption="Inti ≥ 75 °C",
        temp_icon="arrow-right",
        temp_judged="none",
        band=band(72.4),
        stage_index=1,
        stage_fraction=0.7,
        stage_text="Masak",
        stage_caption="ditahan 04.31",
        qc_text="0/7",
        buttons=(
            ButtonLook("release", "Lepas", "lock-open"),
            ButtonLook("measure", "Ukur", "thermometer"),
            ButtonLook("advance", "Uji mutu", "arrow-right", "blocked", False, "Batch ditahan"),
        ),
    ),
)


def tile(number: int, name: str, role: ButtonRole, text: str, **more: object) -> CardLook:
    look = CardLook(
        f"G2-0{number}",
        name,
        f"G2-0{number} · 1.385 porsi · Rina",
        stage_text="Rencana",
        stage_caption="mulai 06.10",
        buttons=(ButtonLook("advance", text, "arrow-right", role),),
    )
    return replace(look, **more)


TILES = (
    tile(5, "Sup Jagung Wortel", "primary", "Persiapan", stage_caption="waktunya mulai"),
    tile(
        2,
        "Ayam Teriyaki",
        "tonal",
        "Masak",
        stage_text="Persiapan",
        stage_fraction=0.4,
        stage_caption="masak 06.40",
    ),
    tile(
        3,
        "Tumis Buncis Wortel",
        "tonal",
        "Masak",
        tone="attention",
        chip_text="Terlambat",
        chip_icon="triangle-alert",
        stage_text="Persiapan",
        stage_caption="+4:10",
    ),
    tile(
        1,
        "Nasi Putih",
        "neutral",
        "Urungkan",
        tone="done",
        stage_text="Selesai 04.53",
        stage_caption="1.749 jadi, sisa makanan 7",
    ),
    tile(
        9,
        "Tahu Kukus",
        "outlined",
        "Persiapan",
        tone="cancelled",
        chip_text="Batal",
        chip_icon="ban",
        buttons=(),
        stage_text="Batal",
        stage_caption="tahu asam saat diterima",
    ),
    tile(7, "Ayam Kukus Tanpa Kedelai Tanpa Gluten", "outlined", "Persiapan"),
    tile(
        8,
        "Pisang Ambon",
        "neutral",
        "Lepas",
        tone="held",
        chip_text="Ditahan",
        chip_icon="circle-pause",
        stage_text="Masak",
        stage_caption="ditahan 04.31",
    ),
    tile(
        6,
        "Nasi Tim Ayam",
        "tonal",
        "Ukur",
        tone="alarm",
        chip_text="Suhu kurang",
        chip_icon="octagon-alert",
        stage_text="Masak",
        stage_caption="61,8 °C",
    ),
)

RAIL = RailLook(
    (
        NavItem("board", "Papan", "layout-grid"),
        NavItem("alarms", "Alarm", "bell", "2", "alarm"),
        NavItem("inbox", "Putusan", "inbox"),
        NavItem("quality", "Uji mutu", "clipboard-check", "1"),
        NavItem("team", "Tim", "users"),
        NavItem("summary", "Ringkas", "chart-gantt"),
    ),
    (NavItem("display", "Tampilan", "settings-2"),),
    "board",
)
ACTORS = ActorsLook(
    (Actor("s", "SW", "Sari W."), Actor("j", "JP", "Joko P."), Actor("r", "RP", "Ratna P.")),
    "s",
    "Tambah orang",
)
FILTERS = (
    FilterLook("active", "10 aktif", "flame"),
    FilterLook("alarm", "1 alarm", "octagon-alert", "alarm"),
    FilterLook("action", "2 perlu tindakan", "triangle-alert", "attention", chosen=True),
    FilterLook("held", "1 ditahan", "circle-pause"),
)
CONNECTIONS: tuple[tuple[ConnectionState, str], ...] = (
    ("online", "Tersambung"),
    ("connecting", "Menyambung… 3"),
    ("offline", "Offline · 7 belum terkirim"),
    ("stale", "Data basi · 12 mnt"),
    ("refused", "Ditolak server"),
)
BANNER = BannerLook(
    "A-1",
    "Suhu inti di bawah batas: Ayam Teriyaki",
    "G1-02 · 61,8 °C, batas ≥ 75 °C · sejak 04.38 (4 menit) · Lanjutkan memasak, ukur ulang",
    handled=ButtonLook("handle", "Saya tangani", "hand", "alarm"),
)
KEYBOARD = KeyboardLook(
    "Huruf besar",
    "Hapus huruf",
    "Spasi",
    phrases=("Sudah diganti.", "Menunggu bahan.", "Lapor kepala SPPG."),
)


def note(text: str = "") -> NoteLook:
    return NoteLook(
        text,
        "Ketuk untuk menulis",
        "Catatan",
        ButtonLook("done", "Simpan catatan", "check", "primary"),
        ButtonLook("cancel", "Batal", role="outlined"),
        KEYBOARD,
    )
