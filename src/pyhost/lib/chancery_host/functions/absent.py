"""Library names that need a service outside the worker: the engine's, if it offers one of that name; else they say so."""
from chancery_host.errors import DANotAvailable
from chancery_host.service import ask, offers

FUNCTIONS = """
send_email send_sms send_fax include_docx_template pdf_concatenate docx_concatenate overlay_pdf assemble_docx
interview_list store_variables_snapshot get_session_variables set_session_variables create_session
get_question_data go_back_in_session run_action_in_session interview_menu ocr_file background_action
background_error_action
ocr_file_in_background run_python_module interview_email get_emails
manage_privileges read_qr set_user_info create_user get_sms_session get_user_info get_user_list get_user_secret
initiate_sms_session terminate_sms_session invite_user retrieve_stashed_data stash_data
""".split()

CLASSES = """
SimpleTextMachineLearner RandomForestMachineLearner SVMMachineLearner MachineLearningEntry DARedis DACloudStorage DAEmail
DAGoogleAPI DAOAuth DAWeb BackgroundAction
""".split()


def _function(name):
    def absent(*args, **kwargs):
        if offers(name):
            return ask(name, *args, **kwargs)
        raise DANotAvailable("%s is not available yet" % name)
    absent.__name__ = absent.__qualname__ = name
    return absent


def _class(name):
    from chancery_host.objects.base import DAObject

    def init(self, *args, **kwargs):
        raise DANotAvailable("%s is not available yet" % name)
    return type(name, (DAObject,), {"init": init, "__module__": __name__})


ABSENT = {**{name: _function(name) for name in FUNCTIONS}, **{name: _class(name) for name in CLASSES}}
