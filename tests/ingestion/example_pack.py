"""The given files of twelve invented vendors: where they lie, and which feed of `layouts` reads which."""

from pathlib import Path

PACK = Path(__file__).parents[3] / "shared" / "layouts"
LAYOUTS = Path(__file__).parent / "layouts"
FOLDERS = {
    "renshou_marriage": "01_marriage_titled_csv",
    "danleng_register": "02_register_fixed_width",
    "qingshen_dossier": "03_assistance_nested_json",
    "qingshen_payment": "04_payments_tsv_parts",
    "qingshen_stay": "05_eldercare_old_xls",
    "hongya_cremation": "06_funeral_wps_xlsx",
    "dongpo_real_estate": "07_real_estate_flat_csv",
    "meishan_vehicle": "08_vehicles_pipe_no_header",
    "deposit_reply": "09_bank_deposits_gbk_zip",
    "home_visit_order": "10_home_visits_json_array",
    "disability_roster": "11_disability_no_validity",
    "pengshan_marriage": "12_marriage_second_district",
}
