"""Units of UCUM as data: each stands for a product of others. https://ucum.org/ucum

Seven base units carry a dimension; everything else is written in terms of units above it, and the reader in ``ucum.py``
works it out exactly. Arbitrary units (``[iU]``) are dimensions of their own: they compare with nothing else.
"""

from __future__ import annotations

#: Letters -> power of ten.
PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip

#: Letters -> power of 1024.
BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4}

BASE = ("m", "s", "g", "rad", "K", "C", "cd")

#: Metric units, which take a prefix.
METRIC = {
    "L": "dm3", "l": "dm3", "t": "1000 kg", "ar": "100 m2", "bar": "100000 Pa",
    "mol": "602213670000000000000000 1", "eq": "1 mol", "osm": "1 mol", "kat": "mol/s", "U": "umol/min",
    "Hz": "s-1", "N": "kg.m/s2", "Pa": "N/m2", "J": "N.m", "W": "J/s", "A": "C/s", "V": "J/C", "F": "C/V",
    "Ohm": "V/A", "S": "Ohm-1", "Wb": "V.s", "T": "Wb/m2", "H": "Wb/A", "lm": "cd.sr", "lx": "lm/m2",
    "Bq": "s-1", "Gy": "J/kg", "Sv": "J/kg", "sr": "rad2", "cal": "4.184 J", "g%": "g/dL", "st": "m3",
    "[iU]": "", "[IU]": "1 [iU]", "eV": "1 [e].V", "Ci": "37000000000 Bq",
    "R": "0.000258 C/kg", "RAD": "0.01 Gy", "REM": "1 RAD", "dyn": "g.cm/s2", "erg": "dyn.cm", "P": "dyn.s/cm2",
    "St": "cm2/s", "G": "0.0001 T", "Mx": "0.00000001 Wb", "B": "", "Np": "", "By": "8 bit", "bit": "", "Bd": "s-1",
    "m[H2O]": "9806.65 Pa", "m[Hg]": "133322.387415 Pa", "u": "0.00000000000000000000000166054020 g",
    "pc": "30856780000000000 m", "mho": "1 S", "[c]": "299792458 m/s", "Lmb": "1 cd/cm2/[pi]",
    "Gal": "cm/s2", "sb": "1 cd/cm2", "ph": "10000 lx", "[g]": "9.80665 m/s2", "gf": "1 g.[g]", "tex": "g/km",
    "[k]": "1.380649e-23 J/K", "[h]": "6.62607015e-34 J.s", "[eps_0]": "8.854187817e-12 F/m",
    "[mu_0]": "1e-7 4.[pi].N/A2", "[e]": "1.602176634e-19 C", "[m_e]": "9.1093837139e-31 kg",
    "[m_p]": "1.67262192595e-27 kg", "[G]": "6.67430e-11 m3.kg-1.s-2", "[ly]": "1 [c].a_j", "Ky": "cm-1", "Bi": "10 A",
    "Oe": "250 /[pi].A/m", "Gb": "Oe.cm", "cal_[15]": "4.18580 J", "cal_[20]": "4.18190 J", "cal_m": "4.19002 J",
    "cal_IT": "4.1868 J", "cal_th": "4.184 J", "B[SPL]": "", "B[V]": "", "B[mV]": "", "B[uV]": "", "B[10.nV]": "",
    "B[W]": "", "B[kW]": "",
}  # fmt: skip

#: Units without prefix.
PLAIN = {
    "%": "0.01 1", "[ppth]": "0.001 1", "[ppm]": "0.000001 1", "[ppb]": "0.000000001 1", "[pptr]": "0.000000000001 1",
    "min": "60 s", "h": "60 min", "d": "24 h", "wk": "7 d", "a_j": "365.25 d", "a_t": "365.24219 d",
    "a_g": "365.2425 d", "a": "1 a_j", "mo_j": "1/12 a_j", "mo_s": "29.53059 d",
    "mo_g": "1/12 a_g", "mo": "1 mo_j",
    "deg": "0.0174532925199432957692369077 rad", "gon": "0.9 deg", "'": "1/60 deg",
    "''": "1/60 '", "circ": "360 deg", "[pi]": "3.1415926535897932384626433833 1",
    "[in_i]": "2.54 cm", "[ft_i]": "12 [in_i]", "[yd_i]": "3 [ft_i]", "[mi_i]": "5280 [ft_i]", "[nmi_i]": "1852 m",
    "[kn_i]": "[nmi_i]/h", "[hd_i]": "4 [in_i]", "[mil_i]": "0.001 [in_i]", "[fth_i]": "6 [ft_i]",
    "[sin_i]": "[in_i]2", "[sft_i]": "[ft_i]2", "[syd_i]": "[yd_i]2", "[cin_i]": "[in_i]3", "[cft_i]": "[ft_i]3",
    "[cyd_i]": "[yd_i]3", "[acr_us]": "4046.872609874252 m2", "[in_us]": "0.0254000508001016 m",
    "[ft_us]": "12 [in_us]", "[yd_us]": "3 [ft_us]", "[mi_us]": "5280 [ft_us]",
    "[gr]": "64.79891 mg", "[lb_av]": "7000 [gr]", "[oz_av]": "437.5 [gr]", "[dr_av]": "27.34375 [gr]",
    "[lb_tr]": "5760 [gr]", "[oz_tr]": "480 [gr]", "[pwt_tr]": "24 [gr]", "[lb_ap]": "5760 [gr]",
    "[oz_ap]": "480 [gr]", "[dr_ap]": "60 [gr]", "[sc_ap]": "20 [gr]", "[stone_av]": "14 [lb_av]",
    "[ston_av]": "2000 [lb_av]", "[lton_av]": "2240 [lb_av]", "[scwt_av]": "100 [lb_av]", "[car_m]": "0.2 g",
    "[gal_us]": "231 [in_i]3", "[qt_us]": "0.25 [gal_us]", "[pt_us]": "0.5 [qt_us]", "[gil_us]": "0.25 [pt_us]",
    "[foz_us]": "0.25 [gil_us]", "[fdr_us]": "0.125 [foz_us]", "[min_us]": "1/60 [fdr_us]",
    "[tbs_us]": "0.5 [foz_us]", "[tsp_us]": "1/3 [tbs_us]", "[cup_us]": "16 [tbs_us]",
    "[foz_m]": "30 mL", "[cup_m]": "240 mL", "[tsp_m]": "5 mL", "[tbs_m]": "15 mL", "[gal_br]": "4.54609 L",
    "[qt_br]": "0.25 [gal_br]", "[pt_br]": "0.5 [qt_br]", "[foz_br]": "0.05 [pt_br]", "[drp]": "0.05 mL",
    "[bu_us]": "2150.42 [in_i]3", "[bbl_us]": "42 [gal_us]",
    "[in_i'H2O]": "0.0254 m[H2O]", "[in_i'Hg]": "0.0254 m[Hg]", "atm": "101325 Pa", "att": "98066.5 Pa",
    "[psi]": "6894.757293168361 Pa", "[lbf_av]": "4.4482216152605 N", "[Btu]": "1 [Btu_th]",
    "[Cal]": "1 kcal", "[HP]": "745.69987158227022 W", "[Ch]": "1/3 mm",
    "[degR]": "5/9 K", "[diop]": "m-1", "[p'diop]": "0.01 rad", "sph": "12.56637061435917 sr",
    "[hnsf'U]": "", "[arb'U]": "", "[USP'U]": "", "[GPL'U]": "", "[MPL'U]": "", "[APL'U]": "", "[beth'U]": "",
    "[todd'U]": "", "[dye'U]": "", "[smgy'U]": "", "[knk'U]": "", "[mclg'U]": "", "[tb'U]": "", "[CCID_50]": "",
    "[TCID_50]": "", "[EID_50]": "", "[PFU]": "", "[FFU]": "", "[CFU]": "", "[IR]": "", "[BAU]": "", "[AU]": "",
    "[Amb'a'1'U]": "", "[PNU]": "", "[Lf]": "", "[D'ag'U]": "", "[FEU]": "", "[ELU]": "", "[EU]": "",
    "[bdsk'U]": "", "[ka'U]": "", "[mesh_i]": "[in_i]-1",
    "[MET]": "3.5 mL/min/kg", "[S]": "0.0000000000001 s", "[HPF]": "", "[LPF]": "",
    "10*": "10 1", "10^": "10 1", "AU": "149597870691 m", "Ao": "0.1 nm", "b": "100 fm2", "bit_s": "",
    "[bf_i]": "144 [in_i]3", "[cr_i]": "128 [ft_i]3", "[cml_i]": "1/4 [pi].[mil_i]2", "[rd_us]": "16.5 [ft_us]",
    "[ch_us]": "4 [rd_us]", "[lk_us]": "1/100 [ch_us]", "[rch_us]": "100 [ft_us]", "[rlk_us]": "1/100 [rch_us]",
    "[fth_us]": "6 [ft_us]", "[fur_us]": "40 [rd_us]", "[srd_us]": "[rd_us]2", "[smi_us]": "[mi_us]2",
    "[sct]": "[mi_us]2", "[twp]": "36 [sct]", "[mil_us]": "0.001 [in_us]", "[in_br]": "2.539998 cm",
    "[ft_br]": "12 [in_br]", "[rd_br]": "16.5 [ft_br]", "[ch_br]": "4 [rd_br]", "[lk_br]": "1/100 [ch_br]",
    "[fth_br]": "6 [ft_br]", "[pc_br]": "2.5 [ft_br]", "[yd_br]": "3 [ft_br]", "[mi_br]": "5280 [ft_br]",
    "[nmi_br]": "6080 [ft_br]", "[kn_br]": "[nmi_br]/h", "[acr_br]": "4840 [yd_br]2", "[crd_us]": "128 [ft_i]3",
    "[gal_wi]": "1/8 [bu_us]", "[pk_us]": "1/4 [bu_us]", "[dqt_us]": "1/8 [pk_us]", "[dpt_us]": "1/2 [dqt_us]",
    "[pk_br]": "2 [gal_br]", "[bu_br]": "4 [pk_br]", "[gil_br]": "1/4 [pt_br]", "[fdr_br]": "1/8 [foz_br]",
    "[min_br]": "1/60 [fdr_br]", "[lcwt_av]": "112 [lb_av]", "[oz_m]": "28 g", "[lne]": "1/12 [in_i]",
    "[pnt]": "1/6 [lne]", "[pca]": "12 [pnt]", "[pnt_pr]": "0.013837 [in_i]", "[pca_pr]": "12 [pnt_pr]",
    "[pied]": "32.48 cm", "[pouce]": "1/12 [pied]", "[ligne]": "1/12 [pouce]", "[didot]": "1/6 [ligne]",
    "[cicero]": "12 [didot]", "[Btu_39]": "1.05967 kJ", "[Btu_59]": "1.05480 kJ", "[Btu_60]": "1.05468 kJ",
    "[Btu_m]": "1.05587 kJ", "[Btu_IT]": "1.05505585262 kJ", "[Btu_th]": "1.054350 kJ", "[den]": "1/9 g/km",
    "[PRU]": "mm[Hg].s/mL", "[wood'U]": "mm[Hg].min/L", "%[slope]": "", "[hp'_X]": "", "[hp'_C]": "", "[hp'_M]": "",
    "[hp'_Q]": "", "[hp_X]": "", "[hp_C]": "", "[hp_M]": "", "[hp_Q]": "", "[kp_X]": "", "[kp_C]": "", "[kp_M]": "",
    "[kp_Q]": "", "[pH]": "", "[anti'Xa'U]": "", "[car_Au]": "1/24 1", "[smoot]": "67 [in_i]",
    "[m/s2/Hz^(1/2)]": "", "[NTU]": "", "[FNU]": "",
}  # fmt: skip

#: Scales that take a prefix.
METRIC_SCALES = frozenset({"Cel"})

#: Scales with a zero of their own: unit of the step, and how many steps lie between their zero and the step's.
SCALES = {
    "Cel": ("1 K", "273.15"),
    "[degF]": ("5/9 K", "459.67"),
    "[degRe]": ("1.25 K", "218.52"),
}
