//! The fields of the forms about a patient, shared by registration and correction. Call them inside a `Form`'s
//! children: there they find the entered values and their errors.

use leptos::prelude::*;

use crate::{
    patients::{ContactForm, CoverageForm, Facts, Insurer, Particulars, PatientForm, Reading, Sex, islands::BirthSaid, words},
    tr,
    ui::{CheckboxField, Choice, DateField, EmailField, Fieldset, NumberField, RadioField, SelectField, TelField, TextField},
};

/// The fields for a person's identity and contact data. `unknown` offers to register a person who cannot give their
/// name.
pub fn patient_fields(form: PatientForm, unknown: bool, reading: Reading) -> AnyView {
    let PatientForm { given_names, family_name, preferred_name, name_unknown, birth_date, birth_unknown, sex, more } = form;
    let (gender, national_id, description) = (more.gender.clone(), more.national_id.clone(), more.description.clone());
    let sexes: Vec<_> = Sex::ALL.iter().map(|sex| Choice::new(sex.as_str(), sex.words())).collect();
    let cannot_say = unknown.then(|| {
        view! {
            <div class="field--wide">
                <CheckboxField name="name_unknown" label=tr!(patients.cannot_say) checked=!name_unknown.is_empty() value="on" hint=tr!(patients.cannot_say_hint)/>
            </div>
        }
    });
    view! {
        <Fieldset legend=tr!(patients.who)>
            <TextField name="given_names" label=tr!(patients.given_names) value=given_names maxlength=200 autocomplete="off" autofocus=unknown/>
            <TextField name="family_name" label=tr!(patients.family_name) value=family_name maxlength=200 autocomplete="off" hint=tr!(patients.family_name_hint)/>
            <TextField name="preferred_name" label=tr!(patients.preferred_name) value=preferred_name maxlength=200 autocomplete="off" optional=true/>
            {cannot_say}
            {birth_field(birth_date, reading, false)}
            <CheckboxField name="birth_unknown" label=tr!(patients.birth_not_known) checked=!birth_unknown.is_empty() value="on" hint=tr!(patients.birth_not_known_hint)/>
            <div class="field--wide">
                <RadioField name="sex" label=tr!(patients.sex) choices=sexes value=sex inline=true/>
            </div>
            <TextField name="gender" label=tr!(patients.gender) value=gender maxlength=100 hint=tr!(patients.gender_hint) optional=true/>
            <TextField name="description" label=tr!(patients.description) value=description maxlength=500 autocomplete="off" hint=tr!(patients.description_hint) optional=true/>
            <TextField name="national_id" label=tr!(patients.national_id) value=national_id maxlength=60 autocomplete="off" optional=true/>
        </Fieldset>
        {reach(more)}
    }
    .into_any()
}

/// The single field of a birth date, which shows the date in words and the age while the user types. `own`: the reader's own birth
/// date.
pub fn birth_field(value: String, reading: Reading, own: bool) -> AnyView {
    let (today, order) = (reading.today, reading.order);
    view! {
        <div class="birth">
            <TextField
                name="birth_date"
                label=tr!(patients.birth_date)
                value
                hint=order.hint()
                maxlength=60
                autocomplete=if own { "bday" } else { "off" }
                required=own
            />
            <BirthSaid today order/>
        </div>
    }
    .into_any()
}

fn reach(more: Particulars) -> AnyView {
    let Particulars { phone, email, address, city, region, postal_code, country, language, marital_status, blood_group, .. } = more;
    let languages = words::language_choices(&language);
    let marital = words::marital_choices(&marital_status);
    let groups = Facts::BLOOD_GROUPS.iter().map(|group| Choice::new(*group, group.replace('-', "−"))).collect::<Vec<_>>();
    view! {
        <Fieldset legend=tr!(patients.reach)>
            <TelField name="phone" label=tr!(patients.phone) value=phone/>
            <EmailField name="email" label=tr!(patients.email) value=email optional=true/>
            <div class="field--wide">
                <TextField name="address" label=tr!(patients.address) value=address maxlength=300 autocomplete="off" optional=true/>
            </div>
            <TextField name="city" label=tr!(patients.city) value=city maxlength=100 autocomplete="off" optional=true/>
            <TextField name="region" label=tr!(patients.region) value=region maxlength=100 autocomplete="off" optional=true/>
            <TextField name="postal_code" label=tr!(patients.postal_code) value=postal_code maxlength=20 class="input--short" autocomplete="off" optional=true/>
            <TextField name="country" label=tr!(patients.country) value=country maxlength=100 autocomplete="off" optional=true/>
        </Fieldset>
        <Fieldset legend=tr!(patients.more)>
            <SelectField name="language" label=tr!(patients.language) choices=languages value=language prompt=tr!(patients.not_told) optional=true/>
            <SelectField name="marital_status" label=tr!(patients.marital_status) choices=marital value=marital_status prompt=tr!(patients.not_told) optional=true/>
            <SelectField name="blood_group" label=tr!(patients.blood_group) choices=groups value=blood_group prompt=tr!(patients.not_known) optional=true/>
        </Fieldset>
    }
    .into_any()
}

/// The fields of a cover by an insurer.
pub fn coverage_fields(form: CoverageForm, insurers: &[Insurer]) -> AnyView {
    let CoverageForm { insurer_id, plan, policy_number, holder, valid_from, valid_to, copay_percent } = form;
    let choices = insurers
        .iter()
        .map(|insurer| {
            Choice::new(insurer.id.to_string(), if insurer.self_pay { tr!(patients.self_pay).to_owned() } else { insurer.name.clone() })
        })
        .collect();
    view! {
        <SelectField name="insurer_id" label=tr!(patients.insurer) choices value=insurer_id prompt=tr!(patients.choose_insurer)/>
        <TextField name="plan" label=tr!(patients.plan) value=plan maxlength=200 autocomplete="off"/>
        <TextField name="policy_number" label=tr!(patients.policy_number) value=policy_number maxlength=60 autocomplete="off"/>
        <NumberField name="copay_percent" label=tr!(patients.copay) value=copay_percent unit="%" hint=tr!(patients.copay_hint)/>
        <TextField name="holder" label=tr!(patients.holder) value=holder maxlength=200 autocomplete="off" optional=true hint=tr!(patients.holder_hint)/>
        <DateField name="valid_from" label=tr!(patients.valid_from) value=valid_from optional=true/>
        <DateField name="valid_to" label=tr!(patients.valid_to) value=valid_to optional=true/>
    }
    .into_any()
}

/// The fields of a contact person.
pub fn contact_fields(form: ContactForm) -> AnyView {
    let ContactForm { contact_name, contact_relationship, contact_phone } = form;
    view! {
        <TextField name="contact_name" label=tr!(patients.name) value=contact_name maxlength=200 autocomplete="off"/>
        <TelField name="contact_phone" label=tr!(patients.phone) value=contact_phone/>
        <TextField name="contact_relationship" label=tr!(patients.relationship) value=contact_relationship maxlength=100 autocomplete="off" optional=true/>
    }
    .into_any()
}
