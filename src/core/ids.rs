//! Typed ids: the compiler refuses a patient's id in the place of a visit's id.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A typed id.
pub trait Id: Copy + Into<Uuid> {}

/// Parses an id from a request. Every id that the program or a browser creates has version 4 or 7; other ids are refused, so that no
/// row has the all-zero id, which sorts before the first, or the all-ones id, which sorts after the last. Ids from the database are
/// not parsed by this function.
fn sent(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    (matches!(id.get_version_num(), 4 | 7) && id.get_variant() == uuid::Variant::RFC4122).then_some(id)
}

/// Defines id types over [`Uuid`] (version 7: in the order of creation, so that recent index pages stay cached).
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $field:literal,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub Uuid);

        impl $name {
            /// Creates a new id.
            #[cfg(feature = "ssr")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        #[cfg(feature = "ssr")]
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl Id for $name {}

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                sent(&text).map(Self).ok_or_else(|| concat!("`", $field, "` is not an id").to_owned())
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.to_string()
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::try_from(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A user who may sign in.
    UserId = "user_id",
    /// A passkey with which a user signs in.
    PasskeyId = "passkey_id",
    /// A clinic: a place with its own address and time zone.
    ClinicId = "clinic_id",
    /// A department of the hospital.
    DepartmentId = "department_id",
    /// A medical specialty.
    SpecialtyId = "specialty_id",
    /// A member of staff; doctors are staff.
    StaffId = "staff_id",
    /// The hospital's logo, or the photo of a member of staff.
    PictureId = "picture_id",
    /// A planned shift of a member of staff.
    ShiftId = "shift",
    /// An outpatient service of a clinic, for which patients queue.
    ServiceId = "service_id",
    /// A room or counter where a queue is served.
    ServicePointId = "service_point_id",
    /// A building, ward, room or bed.
    LocationId = "location_id",
    /// A version of a treatment plan.
    TreatmentPlanId = "treatment_plan_id",
    /// A patient.
    PatientId = "patient_id",
    /// A request for a first appointment from a person without a record.
    FirstVisitId = "first_visit_id",
    /// A statement of a patient before a visit.
    StatementId = "statement_id",
    /// A price as it was told.
    ToldPriceId = "told_price_id",
    /// A part of a note that is held back from the portal.
    NoteHoldId = "hold_id",
    /// A contact person of a patient.
    ContactId = "contact_id",
    /// One more telephone number of a patient.
    PatientPhoneId = "patient_phone_id",
    /// The right of a guardian to act for a patient.
    GuardianId = "guardian",
    /// A record opened in an emergency.
    EmergencyAccessId = "emergency_id",
    /// Access to a record that reception granted.
    AccessGrantId = "grant_id",
    /// An allergy of a patient.
    AllergyId = "allergy_id",
    /// An entry of the problem list.
    ProblemId = "problem_id",
    /// An insurer: an insurance company or a state programme that pays for care.
    InsurerId = "insurer_id",
    /// A patient's coverage by an insurer.
    CoverageId = "coverage_id",
    /// A kind of visit: first visit, control, procedure.
    VisitTypeId = "visit_type_id",
    /// A doctor's schedule at a service.
    ScheduleId = "schedule_id",
    /// A weekly period of a schedule.
    AvailabilityId = "availability_id",
    /// A doctor's leave.
    AbsenceId = "absence_id",
    /// A time at which a clinic is closed for all.
    ClosureId = "closure_id",
    /// An appointment's place on the list of those that lost their hours.
    SettlementId = "settlement_id",
    /// A wish for an earlier time.
    WaitlistId = "wait_id",
    /// A time booked with a doctor, including cancelled ones.
    AppointmentId = "appointment_id",
    /// One outpatient visit, from arrival to departure.
    VisitId = "visit_id",
    /// One stay in one step of a queue.
    QueueEntryId = "entry_id",
    /// One set of vital signs.
    VitalsId = "vitals_id",
    /// One consultation of a patient with a clinician.
    EncounterId = "encounter_id",
    /// A clinical note.
    NoteId = "note_id",
    /// An addition to a signed note.
    AddendumId = "addendum_id",
    /// A coded diagnosis.
    DiagnosisId = "diagnosis_id",
    /// A medicine that can be prescribed.
    DrugId = "drug_id",
    /// A substance of medicines.
    SubstanceId = "substance_id",
    /// A group of substances.
    SubstanceGroupId = "group_id",
    /// A rule by which prescriptions are checked: an interaction, a range of doses, a limit.
    RuleId = "rule_id",
    /// A warning in spite of which a medicine was prescribed.
    FindingId = "finding_id",
    /// A prescription of one medicine.
    PrescriptionId = "prescription_id",
    /// An order: something to be done for a patient.
    OrderId = "order_id",
    /// A requisition: all that a doctor orders at once.
    RequisitionId = "requisition_id",
    /// A test in the laboratory's catalogue.
    LabTestId = "lab_test_id",
    /// A panel: tests that are ordered at once.
    LabPanelId = "lab_panel_id",
    /// A container for samples.
    LabContainerId = "lab_container_id",
    /// A coded answer of a test.
    LabChoiceId = "lab_choice_id",
    /// A reference range of a test.
    LabRangeId = "lab_range_id",
    /// A delta rule of a test.
    LabDeltaId = "lab_delta_id",
    /// One collection of samples from a patient.
    LabDrawId = "lab_draw_id",
    /// A sample.
    LabSampleId = "lab_sample_id",
    /// One test to do for an order.
    LabAnalysisId = "lab_analysis_id",
    /// A version of a result.
    LabResultId = "lab_result_id",
    /// A procedure in the catalogue of imaging.
    ImagingProcedureId = "imaging_procedure_id",
    /// A set of tests and studies.
    TestSetId = "test_set_id",
    /// A room of imaging.
    ImagingRoomId = "imaging_room_id",
    /// A device of imaging that reads the worklist.
    ImagingStationId = "imaging_station_id",
    /// An archive of images (PACS).
    ImagingArchiveId = "imaging_archive_id",
    /// A study that an archive of images holds.
    ArchivedStudyId = "archived_study_id",
    /// A study: the way of an imaging order to its images.
    ImagingOrderId = "imaging_order_id",
    /// An answer to a question of safety.
    ImagingSafetyId = "imaging_safety_id",
    /// The dose of a study.
    ImagingDoseId = "imaging_dose_id",
    /// A version of a report of imaging.
    RadiologyReportId = "radiology_report_id",
    /// An addendum to a report of imaging.
    RadiologyAddendumId = "radiology_addendum_id",
    /// A critical finding of imaging.
    RadiologyFindingId = "radiology_finding_id",
    /// A doctor's review of a report of imaging.
    RadiologyReviewId = "radiology_review_id",
    /// A laboratory report.
    LabReportId = "lab_report_id",
    /// The call of a critical result.
    LabCallId = "lab_call_id",
    /// A doctor's review of a report.
    LabReviewId = "lab_review_id",
    /// A lot of control material.
    LabControlLotId = "lab_control_lot_id",
    /// A run of controls.
    LabControlRunId = "lab_control_run_id",
    /// A measured control.
    LabControlPointId = "lab_control_point_id",
    /// An analyser of the laboratory.
    LabAnalyserId = "lab_analyser_id",
    /// A code of an analyser and the test that it means.
    LabCodeMapId = "lab_code_map_id",
    /// The name under which an analyser sends a level of control material.
    LabAnalyserControlId = "lab_analyser_control_id",
    /// A message that an analyser sent.
    AnalyserMessageId = "analyser_message_id",
    /// A measured value of such a message.
    AnalyserValueId = "analyser_value_id",
    /// An order of an admission: a medicine, oxygen, a diet.
    CareOrderId = "care_order_id",
    /// One dose of a medicine order.
    DoseId = "dose_id",
    /// The record that a dose was given, or was not.
    AdministrationId = "administration_id",
    /// A version of a set of orders.
    OrderSetId = "order_set_id",
    /// A line of a set of orders.
    OrderSetLineId = "order_set_line_id",
    /// A version of a protocol of a ward.
    WardProtocolId = "ward_protocol_id",
    /// A scan at the bedside.
    BedsideScanId = "bedside_scan_id",
    /// An infusion of an order.
    InfusionId = "infusion_id",
    /// A time at which the program did not run.
    OutageId = "outage_id",
    /// An item with a price.
    PriceItemId = "price_item_id",
    /// The price of an item for a period.
    PriceId = "price_id",
    /// A rule by which consultations soon after another are free.
    RevisitRuleId = "revisit_rule_id",
    /// A patient's account.
    BillingAccountId = "account_id",
    /// A charge for a service or an item.
    ChargeId = "charge_id",
    /// An invoice.
    InvoiceId = "invoice_id",
    /// A line of an invoice.
    InvoiceLineId = "invoice_line_id",
    /// The part of an invoice that one debtor owes.
    InvoiceShareId = "invoice_share_id",
    /// The part of a payment that settles a share.
    AllocationId = "allocation_id",
    /// A credit note, asked for or issued.
    CreditNoteId = "credit_note_id",
    /// Money that goes back, asked for or paid.
    RefundId = "refund_id",
    /// A debt that is given up.
    WriteOffId = "write_off_id",
    /// A tax class of the price list.
    TaxClassId = "tax_class_id",
    /// A payment received.
    PaymentId = "payment_id",
    /// A cashier's shift at the till.
    TillShiftId = "till_shift",
    /// Cash that moved other than by a payment.
    CashMoveId = "cash_move",
    /// A notification for a user.
    NotificationId = "notification_id",
    /// A message to a patient.
    MessageId = "message_id",
    /// A sentence of messages that the hospital wrote.
    MessageTextId = "message_text",
    /// An address of a patient for messages.
    MessageChannelId = "message_channel_id",
    /// A document of a patient.
    DocumentId = "document_id",
    /// A storeroom.
    StoreroomId = "storeroom_id",
    /// An item of which stock is kept.
    StockItemId = "stock_item_id",
    /// A batch of an item.
    StockBatchId = "stock_batch_id",
    /// A batch in a storeroom.
    StockLineId = "stock_line_id",
    /// An act on the stock.
    StockDocumentId = "stock_document_id",
    /// A count of a batch in a storeroom.
    StockCountId = "stock_count_id",
    /// A recall of batches at a clinic.
    RecallId = "recall_id",
    /// A notice of a recall, which the clinics share.
    RecallNoticeId = "recall_notice_id",
    /// A patient who got something of a recalled batch.
    RecallPatientId = "recall_patient_id",
    /// A movement of stock.
    MovementId = "movement_id",
    /// A supplier of goods.
    SupplierId = "supplier_id",
    /// A purchase order.
    PurchaseOrderId = "purchase_order_id",
    /// An item on a purchase order.
    PurchaseLineId = "purchase_line_id",
    /// An item that somebody asks to buy.
    PurchaseRequestId = "purchase_request_id",
    /// An invoice of a supplier.
    SupplierInvoiceId = "supplier_invoice_id",
    /// The supply of a prescription; its id is the prescription's.
    SupplyId = "supply_id",
    /// A hand-over of a medicine; its id is that of its document in the ledger of stock.
    DispenseId = "dispense_id",
    /// Units of a batch that are promised.
    ReservationId = "reservation_id",
    /// The goods that a ward asks for.
    WardRequisitionId = "ward_requisition_id",
    /// An item that a ward asks for.
    WantedLineId = "wanted_line_id",
    /// Goods that are sent from one storeroom to another.
    StockTransferId = "stock_transfer_id",
    /// The part of a transfer that comes from one batch.
    TransferLineId = "transfer_line_id",
    /// A pack that was opened in a storeroom.
    OpenedPackId = "opened_pack_id",
    /// A warning at the pharmacy, with the pharmacist's decision.
    SupplyFindingId = "supply_finding_id",
    /// A time in which a prescription at the pharmacy waits.
    SupplyPauseId = "supply_pause_id",
    /// A check of the register of controlled medicines.
    RegisterCheckId = "register_check_id",
    /// A ward.
    WardId = "ward_id",
    /// A class of beds, which decides the price of a day.
    BedClassId = "bed_class_id",
    /// A bed of a ward.
    BedId = "bed_id",
    /// A use of a bed: a reservation, a stay, a cleaning, a closing.
    BedUseId = "bed_use_id",
    /// An admission to a ward, from the request on.
    AdmissionId = "admission_id",
    /// A transfer to another ward.
    TransferId = "transfer_id",
    /// An absence of a patient whose bed is kept.
    AwayId = "away_id",
    /// A proposal to swap two beds.
    SwapId = "swap_id",
    /// A version of an admission's plan of observations.
    ObservationPlanId = "observation_plan_id",
    /// A version of a set of observations.
    ObservationId = "observation_id",
    /// An escalation of a patient who gets worse.
    EscalationId = "escalation_id",
    /// A version of an entry in the fluid balance.
    FluidEntryId = "fluid_entry_id",
    /// A plan that makes tasks of nurses.
    TaskPlanId = "task_plan_id",
    /// A task of a nurse.
    NursingTaskId = "nursing_task_id",
    /// A nurse's patient in a shift.
    NurseAllocationId = "nurse_allocation_id",
    /// A handover from a shift to the next.
    HandoverId = "handover_id",
    /// A patient's line of a handover.
    HandoverNoteId = "handover_note_id",
    /// A version of a note of a stay.
    StayNoteId = "stay_note_id",
    /// An addendum to a signed note of a stay.
    StayNoteAddendumId = "stay_note_addendum_id",
    /// A tool of assessment, in a version.
    AssessmentToolId = "assessment_tool_id",
    /// A question of a tool.
    AssessmentItemId = "assessment_item_id",
    /// A possible answer.
    AssessmentChoiceId = "assessment_choice_id",
    /// An assessment of a patient on a ward.
    AssessmentId = "assessment_id",
    /// A care plan of a patient on a ward.
    CarePlanId = "care_plan_id",
    /// A line or another device of a patient on a ward.
    StayDeviceId = "stay_device_id",
    /// A version of the summary of a stay.
    DischargeSummaryId = "discharge_summary_id",
    /// A follow-up that a doctor proposes.
    FollowUpId = "follow_up_id",
    MergeId = "merge_id",
    ExportId = "export_id",
    ErasureId = "erasure_id",
    ConsentId = "consent_id",
    /// A request of a patient to change the record.
    ProfileRequestId = "profile_request_id",
    /// Sent with an act that must happen once: pressing twice sends the same key twice.
    IdempotencyKey = "idempotency_key",
}

impl UserId {
    /// The program itself, when an import or a job acts. This user cannot sign in.
    pub const SYSTEM: Self = Self(Uuid::from_u128(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_of_versions_that_are_made_are_read() {
        let read = |text: &str| text.parse::<PatientId>();
        for made in [Uuid::new_v4(), Uuid::now_v7()] {
            assert_eq!(read(&made.to_string()), Ok(PatientId(made)));
            assert_eq!(serde_json::from_str::<PatientId>(&format!("\"{made}\"")).expect("read"), PatientId(made));
        }
        let others = [
            Uuid::nil().to_string(),
            Uuid::max().to_string(),
            UserId::SYSTEM.to_string(),
            "00000000-0000-1000-8000-000000000000".to_owned(),
            "00000000-0000-5000-8000-000000000000".to_owned(),
            "00000000-0000-8000-8000-000000000000".to_owned(),
            // Ids with a right version and a wrong variant.
            "00000000-0000-7000-0000-000000000000".to_owned(),
            "00000000-0000-4000-c000-000000000000".to_owned(),
            "00000000-0000-4000-e000-000000000000".to_owned(),
        ];
        for other in others {
            assert_eq!(read(&other), Err("`patient_id` is not an id".to_owned()), "{other}");
            let error = serde_json::from_str::<PatientId>(&format!("\"{other}\"")).expect_err("refused").to_string();
            assert!(error.contains("`patient_id`"), "{error}");
        }
    }
}
