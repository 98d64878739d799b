//! The starter catalogue. All of it is unconfirmed: minutes, preparation and the need for a radiologist differ from hospital to hospital, so
//! the texts name no hours and no doses.

use super::{ProcedureForm, procedures, store};
use crate::{
    audit::Action,
    billing,
    core::{Error, ImagingProcedureId, Result, Stamp},
    db::Tx,
    imaging::vocabulary::{ContrastRoute, Modality},
    lab::PortalRule,
    server::Ctx,
    tr,
};

/// A procedure: code, names, modality, body part, whether it has a side, contrast, minutes, whether a radiologist decides.
type Row = (&'static str, &'static str, &'static str, Modality, &'static str, bool, ContrastRoute, i64, bool);

use ContrastRoute::{Iv, None as Plain};
use Modality::{Cr, Ct, Ecg, Mg, Mr, Us};

const PROCEDURES: [Row; 24] = [
    ("xr-chest", "X-ray of the chest, two views", "Radiografía de tórax, dos proyecciones", Cr, "chest", false, Plain, 10, false),
    ("xr-abdomen", "X-ray of the abdomen", "Radiografía de abdomen", Cr, "abdomen", false, Plain, 10, false),
    ("xr-hand", "X-ray of the hand", "Radiografía de mano", Cr, "hand", true, Plain, 10, false),
    ("xr-wrist", "X-ray of the wrist", "Radiografía de muñeca", Cr, "wrist", true, Plain, 10, false),
    ("xr-shoulder", "X-ray of the shoulder", "Radiografía de hombro", Cr, "shoulder", true, Plain, 10, false),
    ("xr-hip", "X-ray of the hip", "Radiografía de cadera", Cr, "hip", true, Plain, 10, false),
    ("xr-knee", "X-ray of the knee", "Radiografía de rodilla", Cr, "knee", true, Plain, 10, false),
    ("xr-ankle", "X-ray of the ankle", "Radiografía de tobillo", Cr, "ankle", true, Plain, 10, false),
    ("xr-foot", "X-ray of the foot", "Radiografía de pie", Cr, "foot", true, Plain, 10, false),
    ("xr-cspine", "X-ray of the cervical spine", "Radiografía de columna cervical", Cr, "cervical spine", false, Plain, 15, false),
    ("xr-lspine", "X-ray of the lumbar spine", "Radiografía de columna lumbar", Cr, "lumbar spine", false, Plain, 15, false),
    ("ct-head", "CT of the head without contrast", "TC de cráneo sin contraste", Ct, "head", false, Plain, 15, true),
    ("ct-chest", "CT of the chest without contrast", "TC de tórax sin contraste", Ct, "chest", false, Plain, 15, true),
    ("ct-chest-c", "CT of the chest with contrast", "TC de tórax con contraste", Ct, "chest", false, Iv, 30, true),
    ("ct-abd-c", "CT of abdomen and pelvis with contrast", "TC de abdomen y pelvis con contraste", Ct, "abdomen", false, Iv, 30, true),
    ("mr-brain", "MR of the brain without contrast", "RM de encéfalo sin contraste", Mr, "brain", false, Plain, 30, true),
    ("mr-brain-c", "MR of the brain with contrast", "RM de encéfalo con contraste", Mr, "brain", false, Iv, 45, true),
    ("mr-lspine", "MR of the lumbar spine", "RM de columna lumbar", Mr, "lumbar spine", false, Plain, 30, true),
    ("mr-knee", "MR of the knee", "RM de rodilla", Mr, "knee", true, Plain, 30, true),
    ("us-abdomen", "Ultrasound of the abdomen", "Ecografía de abdomen", Us, "abdomen", false, Plain, 20, false),
    ("us-pelvis", "Ultrasound of the pelvis", "Ecografía de pelvis", Us, "pelvis", false, Plain, 20, false),
    ("us-legveins", "Ultrasound of the leg veins", "Ecografía venosa de pierna", Us, "leg", true, Plain, 20, false),
    ("mg-both", "Mammography", "Mamografía", Mg, "breast", true, Plain, 20, false),
    ("ecg-12", "Electrocardiogram, 12 leads", "Electrocardiograma de 12 derivaciones", Ecg, "heart", false, Plain, 10, false),
];

/// The preparation by code, in English and Spanish.
const PREPARATION: [(&str, &str, &str); 4] = [
    (
        "us-abdomen",
        "Come with an empty stomach. The department tells you for how long.",
        "Venga en ayunas. El servicio le dice por cuánto tiempo.",
    ),
    ("us-pelvis", "Come with a full bladder.", "Venga con la vejiga llena."),
    ("mg-both", "Use no deodorant or powder on the day.", "No use desodorante ni talco ese día."),
    (
        "mr-brain",
        "Leave metal objects at home. Tell us about a pacemaker or implants.",
        "Deje los objetos de metal en casa. Avise si lleva marcapasos o implantes.",
    ),
];

/// The headings of a report by the beginning of a code.
const TEMPLATES: [(&str, &str); 5] = [
    ("xr-chest", "Lungs:\nPleura:\nHeart and mediastinum:\nBones:"),
    ("ct-head", "Parenchyma:\nVentricles:\nExtra-axial spaces:\nBones:"),
    ("ct-abd", "Liver and bile ducts:\nPancreas and spleen:\nKidneys:\nBowel:\nVessels and nodes:\nBones:"),
    ("us-abdomen", "Liver:\nGallbladder and bile ducts:\nPancreas:\nSpleen:\nKidneys:\nAorta:"),
    ("ecg", "Rhythm:\nRate:\nAxis:\nIntervals:\nST segments and T waves:"),
];

/// The procedures as forms.
fn forms() -> Vec<ProcedureForm> {
    PROCEDURES
        .iter()
        .map(|(code, name_en, name_es, modality, body_part, sided, contrast, minutes, needs_vetting)| {
            let preparation = PREPARATION.iter().find(|(of, ..)| code.starts_with(of));
            let template = TEMPLATES.iter().find(|(of, _)| code.starts_with(of)).map_or("", |(_, text)| text);
            ProcedureForm {
                code: (*code).to_owned(),
                name_en: (*name_en).to_owned(),
                name_es: (*name_es).to_owned(),
                modality: *modality,
                body_part: (*body_part).to_owned(),
                sided: *sided,
                contrast: *contrast,
                minutes: *minutes,
                preparation_en: preparation.map_or("", |(_, en, _)| en).to_owned(),
                preparation_es: preparation.map_or("", |(.., es)| es).to_owned(),
                ionising: matches!(modality, Cr | Ct | Mg),
                needs_vetting: *needs_vetting,
                template: template.to_owned(),
                loinc: String::new(),
                loinc_name: String::new(),
                portal_rule: PortalRule::AfterReview,
                portal_hours: 0,
                source: String::new(),
            }
        })
        .collect()
}

/// Puts the starter catalogue into an empty one. Everything is unconfirmed.
///
/// # Errors
/// [`Error::Conflict`] when there are procedures already.
pub async fn adopt(ctx: &mut Ctx) -> Result<()> {
    ctx.tx.take_turn("imaging catalogue", "").await?;
    if !procedures(&mut ctx.tx).await?.is_empty() {
        return Err(Error::conflict(tr!(imaging.catalogue_not_empty)));
    }
    let stamp = ctx.stamp();
    for form in forms() {
        let id = ImagingProcedureId::new();
        store::insert(&mut ctx.tx, id, &form, stamp).await?;
        let item = billing::test_item(ctx, &format!("IMG-{}", form.code.to_uppercase()), &form.name_en).await?;
        store::set_item(&mut ctx.tx, id, item).await?;
        ctx.did(Action::Create, "imaging_procedure", id, None);
    }
    Ok(())
}

/// Puts the starter catalogue into a new hospital of a demo: no procedure has a price, and the audit log says nothing.
///
/// # Errors
/// When the database refuses.
pub async fn stock(tx: &mut Tx, stamp: Stamp) -> Result<()> {
    for form in forms() {
        store::insert(tx, ImagingProcedureId::new(), &form, stamp).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_procedure_has_a_code_of_its_own_and_what_the_table_asks() {
        let forms = forms();
        let mut codes: Vec<&str> = forms.iter().map(|form| form.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), PROCEDURES.len());
        assert!(forms.iter().all(|form| form.code.len() <= 20 && form.minutes >= 5 && form.minutes <= 480));
        assert!(forms.iter().filter(|form| form.contrast == Iv).all(|form| form.needs_vetting), "a radiologist decides on contrast");
    }
}
