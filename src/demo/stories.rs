//! The reasons for the demo patients' visits, and the doctors' notes.

/// A medicine as the doctor prescribes it.
pub struct Medicine {
    pub drug: &'static str,
    pub dose: &'static str,
    pub route: &'static str,
    pub frequency: &'static str,
    pub days: i64,
}

/// One reason for a visit, with its note.
pub struct Story {
    pub reason: &'static str,
    pub history: &'static str,
    pub examination: &'static str,
    pub assessment: &'static str,
    pub plan: &'static str,
    /// The ICD-10-CM code.
    pub code: &'static str,
    pub medicine: Option<Medicine>,
}

const fn medicine(drug: &'static str, dose: &'static str, route: &'static str, frequency: &'static str, days: i64) -> Medicine {
    Medicine { drug, dose, route, frequency, days }
}

/// The stories, one of which is chosen for each visit.
pub const STORIES: &[Story] = &[
    Story {
        reason: "Blood pressure check",
        history: "Known hypertension, takes amlodipine regularly. Home readings mostly 135 to 145 over 85. No headache, no chest pain.",
        examination: "Heart sounds normal, no murmur. Lungs clear. No oedema.",
        assessment: "Essential hypertension, not yet at target.",
        plan: "Increase amlodipine to 10 mg. Home readings twice a day for a week. Review in four weeks.",
        code: "I10",
        medicine: Some(medicine("Amlodipine", "10 mg", "oral", "once a day", 30)),
    },
    Story {
        reason: "Cough and sore throat for four days",
        history: "Dry cough, sore throat and runny nose since Tuesday. No fever at home, no shortness of breath. Grandchild had a cold.",
        examination: "Throat red without exudate. Ears normal. Lungs clear on both sides.",
        assessment: "Acute upper respiratory infection, probably viral.",
        plan: "Fluids, rest, acetaminophen when needed. Come back if fever above 39 or shortness of breath.",
        code: "J06.9",
        medicine: Some(medicine("Acetaminophen", "500 mg", "oral", "every 6 hours", 5)),
    },
    Story {
        reason: "Diabetes follow-up",
        history: "Type 2 diabetes for six years. Fasting values 120 to 150 mg/dL. No hypoglycaemia. Walks half an hour a day.",
        examination: "Feet: pulses palpable, monofilament felt at all points. Weight stable.",
        assessment: "Type 2 diabetes mellitus, fair control.",
        plan: "Go on with metformin. HbA1c and kidney values with the next blood test. Eye check this year.",
        code: "E11.9",
        medicine: Some(medicine("Metformin", "500 mg", "oral", "twice a day", 90)),
    },
    Story {
        reason: "Lower back pain",
        history: "Pain in the lower back since lifting a box five days ago. No numbness, no weakness, bladder and bowel normal.",
        examination: "Muscles tense beside the lumbar spine. Straight leg raise negative. Strength and reflexes equal.",
        assessment: "Acute low back pain without warning signs.",
        plan: "Stay active, heat, ibuprofen with food for five days. Physiotherapy if not better in two weeks.",
        code: "M54.50",
        medicine: Some(medicine("Ibuprofen", "400 mg", "oral", "3 times a day", 5)),
    },
    Story {
        reason: "Asthma review",
        history: "Uses the reliever three times a week, wakes at night once a week. No attack this year. Does not smoke.",
        examination: "Slight wheeze at the end of expiration. Speaks in full sentences.",
        assessment: "Mild persistent asthma, partly controlled.",
        plan: "Inhaler technique shown again. Regular inhaled steroid with long-acting reliever. Review in six weeks.",
        code: "J45.30",
        medicine: Some(medicine("Fluticasone/Salmeterol", "1 puff", "inhaled", "twice a day", 60)),
    },
    Story {
        reason: "Burning when passing urine",
        history: "Burning and frequency for two days. No fever, no flank pain. One similar episode last year.",
        examination: "Abdomen soft, slight tenderness above the pubic bone. No flank tenderness.",
        assessment: "Urinary tract infection, uncomplicated.",
        plan: "Nitrofurantoin for five days. Drink plenty. Come back with fever or flank pain.",
        code: "N39.0",
        medicine: Some(medicine("Nitrofurantoin", "100 mg", "oral", "twice a day", 5)),
    },
    Story {
        reason: "Cholesterol results",
        history: "Came to discuss the blood test. LDL 162 mg/dL. Father had a heart attack at 58. Feels well.",
        examination: "Heart and lungs normal. Body mass index 27.",
        assessment: "Hyperlipidemia with raised cardiovascular risk.",
        plan: "Diet and exercise discussed. Start atorvastatin. Liver values and lipids in eight weeks.",
        code: "E78.5",
        medicine: Some(medicine("Atorvastatin", "10 mg", "oral", "once a day", 90)),
    },
    Story {
        reason: "Knee pain when climbing stairs",
        history: "Right knee hurts on stairs for months, stiff in the morning for ten minutes. No injury, no locking.",
        examination: "Slight effusion, crepitus, full extension, flexion to 120 degrees. Ligaments stable.",
        assessment: "Osteoarthritis of the right knee.",
        plan: "Exercises for the thigh muscles, weight, acetaminophen when needed. X-ray if it gets worse.",
        code: "M17.11",
        medicine: Some(medicine("Acetaminophen", "1000 mg", "oral", "3 times a day", 10)),
    },
    Story {
        reason: "Heartburn after meals",
        history: "Burning behind the breastbone after large meals and lying down for six weeks. No weight loss, no difficulty in swallowing.",
        examination: "Abdomen soft, slight tenderness in the epigastrium.",
        assessment: "Reflux disease without warning signs.",
        plan: "Smaller meals, head of the bed raised, lansoprazole for four weeks. Endoscopy if it comes back.",
        code: "K21.9",
        medicine: Some(medicine("Lansoprazole", "30 mg", "oral", "once a day", 28)),
    },
    Story {
        reason: "Yearly check-up",
        history: "Feels well. Sleeps seven hours. Exercises twice a week. No medicines.",
        examination: "General examination without findings. Blood pressure and weight normal.",
        assessment: "Healthy adult.",
        plan: "Vaccinations up to date. Blood test for sugar and lipids. Next check in a year.",
        code: "Z00.00",
        medicine: None,
    },
    Story {
        reason: "Headache, known migraine",
        history: "Throbbing headache on the left side with nausea, twice this month, lasting a day. Light hurts. No new signs.",
        examination: "Nervous system without findings. Neck free.",
        assessment: "Migraine without aura.",
        plan: "Headache diary. Ibuprofen early in the attack. Prevention if more than four attacks a month.",
        code: "G43.009",
        medicine: Some(medicine("Ibuprofen", "400 mg", "oral", "once", 1)),
    },
    Story {
        reason: "Tired and cold, thyroid values",
        history: "Tiredness for two months, feels cold, gained three kilograms. TSH 8.4. Mother takes thyroid hormone.",
        examination: "Thyroid slightly enlarged, soft. Skin dry. Pulse 58.",
        assessment: "Hypothyroidism.",
        plan: "Start levothyroxine in the morning before breakfast. TSH in six weeks.",
        code: "E03.9",
        medicine: Some(medicine("Levothyroxine", "50 mcg", "oral", "every morning", 90)),
    },
    Story {
        reason: "Palpitations, second visit",
        history: "Short palpitations in the evening, seconds long. Holter without arrhythmia. Two coffees after noon.",
        examination: "Heart rhythm regular, no murmur. Thyroid normal.",
        assessment: "Palpitations, benign.",
        plan: "Less coffee. No medicine. Come at once with fainting or chest pain.",
        code: "R00.2",
        medicine: None,
    },
    Story {
        reason: "Trouble sleeping",
        history: "Wakes at three for weeks since changing jobs. Mood fair, appetite normal. Screen in bed.",
        examination: "Alert, oriented, mood slightly low, no thoughts of self-harm.",
        assessment: "Insomnia with current stress at work.",
        plan: "Sleep hygiene, fixed times, no screen in bed. Talk again in three weeks.",
        code: "G47.00",
        medicine: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_may_be_used() {
        for story in STORIES {
            assert!(crate::clinical::icd10::lookup(story.code).is_some_and(|code| code.billable), "{}", story.code);
        }
    }
}
